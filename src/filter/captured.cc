#include "filter/captured.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cstring>

#include "event/direction.h"
#include "event/ethernet_frame.h"
#include "filter/classic_code.h"
#include "filter/expression.h"
#include "filter/glob.h"
#include "text/fixed_text.h"

namespace skbtrail::filter {

namespace {

static_assert(sizeof(bpf_insn) == sizeof(ClassicInstruction));

constexpr uint32_t kWholePacket = 262144;
constexpr uint16_t kMostOnStack = 2048;  // of a frame that is put together

bool is_return(const ClassicInstruction& it) {
  return BPF_CLASS(it.code) == BPF_RET;
}

bool asks_for_type(const ClassicInstruction& it) {
  return BPF_CLASS(it.code) == BPF_LD && BPF_MODE(it.code) == BPF_ABS && it.k == kPacketTypeOffset;
}

// With skb->pkt_type as a number; there is none in a capture.
ClassicProgram for_type(ClassicProgram program, uint32_t type) {
  for (auto& it : program)
    if (asks_for_type(it)) it = {BPF_LD | BPF_IMM, 0, 0, type};
  return program;
}

ClassicProgram opposite(ClassicProgram program) {
  for (auto& it : program)
    if (is_return(it)) it.k = it.k ? 0 : kWholePacket;
  return program;
}

bool accepts(const ClassicProgram& program, std::span<const std::byte> bytes, uint32_t wire_len) {
  static thread_local std::vector<bpf_insn> instructions;
  instructions.resize(program.size());
  std::memcpy(instructions.data(), program.data(), program.size() * sizeof(bpf_insn));
  const bpf_program compiled{static_cast<u_int>(instructions.size()), instructions.data()};
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(bytes.size());
  header.len = wire_len;
  return pcap_offline_filter(&compiled, &header, reinterpret_cast<const u_char*>(bytes.data())) != 0;
}

Tribool tribool(bool holds) {
  return holds ? Tribool::yes : Tribool::no;
}

// All of them hold; what is known to be false decides.
Tribool both(Tribool one, Tribool other) {
  if (one == Tribool::no || other == Tribool::no) return Tribool::no;
  return one == Tribool::unknown || other == Tribool::unknown ? Tribool::unknown : Tribool::yes;
}

// skb->pkt_type, as it would be if the kernel always set it by the direction (bpf/packet_filter.h).
std::optional<uint8_t> type_of(const event::Event& event) {
  const auto direction = event::direction_of(event);
  if (direction == DIRECTION_UNKNOWN) return std::nullopt;
  if (direction == DIRECTION_OUT) return PACKET_OUTGOING;
  return event.knows_pkt_type() && event.core->pkt_type != PACKET_OUTGOING ? event.core->pkt_type : PACKET_HOST;
}

// Another program captured a packet, and there is not a byte of it.
bool nothing_is_known(const event::Event& event) {
  return event.core->probe == event::kUnknownProbe && event.core->wire_len > 0;
}

// Ethernet frames are evaluated as those of recordings are, and so is what has no link header that tells anything.
bool has_packet_alone(uint16_t link_type) {
  constexpr std::array<uint16_t, 8> kAlone{0, 1, 12, 14, 101, 108, 228, 229};
  return std::find(kAlone.begin(), kAlone.end(), link_type) != kAlone.end();
}

}  // namespace

struct CapturedExpression::Frame {
  std::span<const std::byte> bytes;
  uint32_t whole;                   // how many there were before it was cut
  uint32_t length;                  // what `len` yields: without a header that was made
  std::optional<uint8_t> pkt_type;  // nothing: it is not known
};

CapturedExpression::CapturedExpression(const ClassicProgram& program) {
  // Of a number that the program computed there is no opposite; libpcap's compiler returns none.
  has_opposite_ = std::none_of(program.begin(), program.end(),
                               [](const auto& it) { return is_return(it) && BPF_RVAL(it.code) != BPF_K; });
  asks_for_type_ = std::any_of(program.begin(), program.end(), asks_for_type);
  for (uint32_t type = 0; type < kTypes; type++) {
    programs_[type] = for_type(program, type);
    opposites_[type] = opposite(programs_[type]);
  }
}

// libpcap's interpreter answers "no" also where a byte is not there. The opposite program then says "no", too: so the
// answer is known only if one of them says "yes".
Tribool CapturedExpression::evaluate(const Frame& frame) const {
  if (!frame.pkt_type && asks_for_type_) {
    // Nothing else is asked for than whether it went out.
    const Tribool in = evaluate(Frame{frame.bytes, frame.whole, frame.length, PACKET_HOST});
    const Tribool out = evaluate(Frame{frame.bytes, frame.whole, frame.length, PACKET_OUTGOING});
    return in == out ? in : Tribool::unknown;
  }
  const size_t type = frame.pkt_type.value_or(PACKET_HOST) % kTypes;
  if (accepts(programs_[type], frame.bytes, frame.length)) return Tribool::yes;
  if (frame.bytes.size() >= frame.whole || !has_opposite_) return Tribool::no;
  return accepts(opposites_[type], frame.bytes, frame.length) ? Tribool::no : Tribool::unknown;
}

std::optional<uint8_t> CapturedExpression::wanted_type_of(const event::Event& event) const {
  return asks_for_type_ ? type_of(event) : std::nullopt;
}

Tribool CapturedExpression::evaluate_frame(const CapturedFrame& captured, const event::Event& event) const {
  const uint32_t whole = std::max(captured.wire_len, static_cast<uint32_t>(captured.bytes.size()));
  return evaluate(Frame{captured.bytes, whole, whole, wanted_type_of(event)});
}

Tribool CapturedExpression::evaluate(const event::Event& event) const {
  if (event.bytes.empty()) return nothing_is_known(event) ? Tribool::unknown : Tribool::no;
  const uint8_t changes = event::frame_changes(event);
  const auto added = static_cast<uint32_t>(event::added_by(changes));
  const uint32_t whole = std::max(static_cast<uint32_t>(event.bytes.size()), event.core->wire_len) + added;
  const uint32_t length = changes & event::kFrameHeader ? whole - added : whole;
  if (!changes) return evaluate(Frame{std::as_bytes(event.bytes), whole, length, wanted_type_of(event)});
  std::array<std::byte, kMostOnStack> room;
  std::vector<std::byte> more;
  std::span<std::byte> frame(room);
  if (event.bytes.size() + added > room.size()) {
    more.resize(event.bytes.size() + added);
    frame = more;
  }
  frame = frame.first(event.bytes.size() + added);
  event::write_frame(event, changes, frame.data());
  return evaluate(Frame{frame, whole, length, wanted_type_of(event)});
}

Tribool CapturedExpression::filter_inner(const event::Event& event) const {
  const packet::Packet* outermost = event.packet();
  if (!outermost) return nothing_is_known(event) ? Tribool::unknown : Tribool::no;
  packet::Walk walk(event.packet_bytes(), *outermost);
  while (!walk.packet().inner)
    if (!walk.next())
      return event.core->wire_len > event.bytes.size() && outermost->fault ? Tribool::unknown : Tribool::no;
  if (!walk.next()) return Tribool::unknown;
  const packet::Bytes& inner = walk.bytes();
  // As an event of its own. It reaches to the end of what carries it, as live (filter_inner() in bpf/inner.h).
  rec_core core{};
  core.start_layer = inner.start == packet::Start::link ? REC_START_LINK : REC_START_NETWORK;
  core.probe = event.core->probe;
  core.pkt_type = event.core->pkt_type;
  core.flags = event.core->flags & (REC_FLAG_SKB_NOT_OWNED | REC_FLAG_PKT_TYPE);
  const auto whole = std::max(static_cast<uint32_t>(event.bytes.size()), event.core->wire_len);
  core.wire_len = whole - static_cast<uint32_t>(inner.bytes.data() - event.bytes.data());
  event::Event carried;
  carried.names = event.names;
  carried.core = &core;
  carried.bytes = inner.bytes;
  core.protocol = htons(inner.ethertype);
  return evaluate(carried);
}

CapturedConditions::CapturedConditions(const PacketFilter& filter, const Conditions& conditions,
                                       const std::string& netns)
    : conditions_(conditions), netns_(netns) {
  if (filter.packet) packet_.emplace(*filter.packet);
  if (!filter.expression.empty()) frames_.emplace(filter.expression);
  if (filter.options) options_.emplace(*filter.options);
  if (filter.inner) inner_.emplace(*filter.inner);
  if (conditions.comm) comm_ = compile_glob(*conditions.comm);
}

Tribool CapturedConditions::evaluate_location(const event::Event& event) const {
  if (netns_.is_any() && !conditions_.ifname) return Tribool::yes;
  if (!event.device) return event.core->probe == event::kUnknownProbe ? Tribool::no : Tribool::unknown;
  if (!netns_.is_any()) {
    const bool needs_name = !netns_.is_number() && event.device->netns;
    if (!netns_.matches(event.device->netns,
                        needs_name ? event.names->name(event::NameKind::netns, event.device->netns) : ""))
      return Tribool::no;
  }
  if (!conditions_.ifname) return Tribool::yes;
  return tribool(event.device->ifindex && conditions_.ifname->matches(text::fixed_text(event.device->name)));
}

Tribool CapturedConditions::evaluate_task(const event::Event& event) const {
  if (!conditions_.pid && !comm_) return Tribool::yes;
  if (!event.task) return event.core->probe == event::kUnknownProbe ? Tribool::no : Tribool::unknown;
  // Live, the owner of the socket is asked first, and of a thread the name of its process as well.
  const Tribool otherwise = event.core->sk ? Tribool::unknown : Tribool::no;
  const rec_task& task = *event.task;
  if (task.context != REC_CONTEXT_PROCESS || (conditions_.pid && task.pid != *conditions_.pid)) return otherwise;
  if (!comm_ || matches(*comm_, text::fixed_text(task.comm))) return Tribool::yes;
  return task.tid == task.pid ? otherwise : Tribool::unknown;
}

std::optional<Tribool> LinkExpressions::evaluate(const CapturedFrame& captured, const event::Event& event) {
  if (has_packet_alone(captured.link_type)) return std::nullopt;
  const Compiled& compiled = compiled_for(captured.link_type);
  if (compiled.expression) return compiled.expression->evaluate_frame(captured, event);
  // Where libpcap finds no packet in such frames, ours is all there is.
  if (!compiled.knows_protocols) return std::nullopt;
  return Tribool::unknown;
}

const LinkExpressions::Compiled& LinkExpressions::compiled_for(uint16_t link_type) {
  const auto [known, added] = compiled_.try_emplace(link_type);
  if (added) {
    if (const auto program = compile_for(expression_, link_type)) known->second.expression.emplace(*program);
    known->second.knows_protocols = compile_for("ip", link_type).has_value();
  }
  return known->second;
}

Tribool CapturedConditions::evaluate_packet(const event::Event& event, const CapturedFrame* captured) const {
  if (captured && frames_)
    if (const auto result = frames_->evaluate(*captured, event))
      return options_ ? both(*result, options_->evaluate(event)) : *result;
  if (packet_) return packet_->evaluate(event);
  return frames_ ? Tribool::unknown : Tribool::yes;
}

Tribool CapturedConditions::evaluate(const event::Event& event, bool owner_known, const CapturedFrame* captured) const {
  const rec_core& core = *event.core;
  if (conditions_.length)
    if (!event.has(REC_FLAG_LEN) || core.len < conditions_.length->min || core.len > conditions_.length->max)
      return Tribool::no;
  if (conditions_.mark)
    if (!event.has(REC_FLAG_MARK) || (core.mark & conditions_.mark->mask) != conditions_.mark->value)
      return Tribool::no;
  Tribool result = both(evaluate_location(event), owner_known ? Tribool::yes : evaluate_task(event));
  if (result != Tribool::no) result = both(result, evaluate_packet(event, captured));
  if (inner_ && result != Tribool::no) result = both(result, inner_->filter_inner(event));
  return result;
}

}  // namespace skbtrail::filter
