#include "recording/encoder.h"

#include <linux/if_packet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>

#include "event/ethernet_frame.h"
#include "event/needed_names.h"
#include "event/result_format.h"
#include "recording/format.h"
#include "recording/packed.h"
#include "recording/residual.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::recording {

namespace {

// Of which a file tells the control group. More are met in weeks, and a reader takes names up to a limit (limits.h).
constexpr size_t kMostProcesses = 65'536;
// MAXIMUM_SNAPLEN of libpcap (pcap-int.h, 1.10): tcpdump takes a longer packet for a broken file.
constexpr uint32_t kMostOfTcpdump = 262'144;

template <typename Value>
void append_raw(fmt::memory_buffer& out, const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  std::memcpy(text::room(out, sizeof(value)), &value, sizeof(value));
}

void pad(fmt::memory_buffer& out, size_t start, char with = 0) {
  const size_t more = padded(out.size() - start) - (out.size() - start);
  std::memset(text::room(out, more), with, more);
}

// Of an option. Only a section that this version does not know may be so long that it has to be skipped.
constexpr size_t kMostPacked = UINT16_MAX - kCustomHead;

// A block whose length is written when it ends.
class Block {
 public:
  Block(fmt::memory_buffer& out, uint32_t type) : out_(out), start_(out.size()) {
    append_raw(out_, type);
    append_raw(out_, uint32_t{0});
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    const auto length = static_cast<uint32_t>(out_.size() - start_ + sizeof(uint32_t));
    append_raw(out_, length);
    std::memcpy(out_.data() + start_ + sizeof(uint32_t), &length, sizeof(length));
  }

 private:
  fmt::memory_buffer& out_;
  size_t start_;
};

void append_option(fmt::memory_buffer& out, uint16_t code, std::string_view value) {
  constexpr size_t kLongest = UINT16_MAX - 3;
  value = value.substr(0, kLongest);
  append_raw(out, code);
  append_raw(out, static_cast<uint16_t>(value.size()));
  const size_t start = out.size();
  text::append(out, value);
  pad(out, start);
}

// Of a number.
template <typename Number>
void append_small_option(fmt::memory_buffer& out, uint16_t code, Number number) {
  struct [[gnu::packed]] {
    uint16_t code, length;
    Number number;
  } const option{code, sizeof(number), number};
  append_raw(out, option);
}

void append_end_of_options(fmt::memory_buffer& out) {
  append_raw(out, uint32_t{kOptionEnd});
}

constexpr size_t FIXED(const void*) {
  return 0;
}
template <typename Section>
size_t COUNTED(const Section* section) {
  return section->size;
}

// Calls visit(bit, bytes) for each section that is there, in their order.
template <typename Visit>
void each_section(const event::Event& event, Visit visit) {
#define SKBTRAIL_VISIT(bit, NAME, name, tail, of) \
  if (event.name)                                 \
    visit(REC_SECTION_##NAME,                     \
          std::span(reinterpret_cast<const std::byte*>(event.name), sizeof(rec_##name) + tail(event.name)));
  REC_SECTIONS(SKBTRAIL_VISIT)
#undef SKBTRAIL_VISIT
}

// What is in the rest is written by `append`.
template <typename Append>
void append_custom(fmt::memory_buffer& out, uint8_t kind, Append append, uint16_t code = kCustomOption) {
  append_raw(out, code);
  const size_t length_at = out.size();
  append_raw(out, uint16_t{0});
  const size_t start = out.size();
  append_raw(out, kPen);
  for (const uint8_t byte : {uint8_t{kOurMark}, kVersion, kind}) append_raw(out, byte);
  append();
  const auto length = static_cast<uint16_t>(out.size() - start);
  std::memcpy(out.data() + length_at, &length, sizeof(length));
  pad(out, start);
}

void append_name(fmt::memory_buffer& out, uint8_t kind, uint64_t number, std::string_view name) {
  append_custom(out, kind, [&] {
    append_raw(out, number);
    text::append(out, name);
  });
}

void append_json(fmt::memory_buffer& out, CustomKind kind, std::string_view json) {
  constexpr size_t kPiece = 60000;  // an option has at most 65,535 bytes
  for (; !json.empty(); json.remove_prefix(std::min(kPiece, json.size())))
    append_custom(out, kind, [&] { text::append(out, json.substr(0, kPiece)); });
}

// "skbtrail -w x, then skbtrail read x -w y udp"
std::string how_made(const Head& head) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& words) {
    if (!words.empty()) text += fmt::format("{}skbtrail {}", text.empty() ? "" : ", then ", fmt::join(words, " "));
  };
  add(head.command);
  for (const auto& words : head.selected_by) add(words);
  return text;
}

}  // namespace

Encoder::Encoder(Head head, const event::Names& names) : names_(&names) {
  set_head(std::move(head));
  unknown_note_.comment = "?";
}

void Encoder::set_head(Head head) {
  head_ = std::move(head);
  notes_.clear();
  for (const auto& probe : head_.probes) {
    ProbeNote note;
    fmt::memory_buffer name;
    text::append_printable(name, probe.name);
    note.comment = fmt::to_string(name);
    note.direction = event::direction_at(probe.name);
    notes_.push_back(std::move(note));
  }
}

void Encoder::follow(const event::Names& names, std::span<const uint16_t> probes) {
  names_ = &names;
  probes_ = probes;
  source_++;
  for (const auto& row : event::kNameRows)
    if (!row.changes) names_told_[event::index_of(row.kind)].clear();
  stacks_.clear();
}

const Encoder::ProbeNote& Encoder::note(uint16_t probe) {
  probe = number_of(probe);
  return probe < notes_.size() ? notes_[probe] : unknown_note_;
}

void Encoder::begin(fmt::memory_buffer& out, Head head) {
  set_head(std::move(head));
  begin(out);
}

void Encoder::begin(fmt::memory_buffer& out) {
  interfaces_.clear();
  interface_count_ = 0;
  names_told_ = {};
  stacks_.clear();
  told_.clear();
  clock_offset_ = names_->time_of_day_ns(0);
  head_.clock_offset = static_cast<int64_t>(clock_offset_);
  {
    const Block block(out, kSectionHeader);
    append_raw(out, kByteOrder);
    append_raw(out, uint16_t{1});  // pcapng 1.0
    append_raw(out, uint16_t{0});
    append_raw(out, int64_t{-1});  // its length is not known
    append_option(out, kComment, text::printable(how_made(head_)));
    // Of what another program captured the host is not known.
    if (!head_.machine.empty()) append_option(out, kHardware, head_.machine);
    if (!head_.kernel.empty()) append_option(out, kSystem, "Linux " + head_.kernel);
    append_option(out, kApplication, head_.program);
    append_json(out, kHead, head_.json());
    append_custom(
        out, kOriginal, [] {}, kCustomNoCopy);
    append_end_of_options(out);
  }
  nowhere_interface_ = add_interface(out, {});
}

Encoder::Interface& Encoder::add_interface(fmt::memory_buffer& out, const rec_device& device) {
  auto& alike = interfaces_[uint64_t{device.netns} << 32 | device.ifindex];
  Interface& added = alike.emplace_back(Interface{device, interface_count_++, {}});
  if (device.netns) tell_netns(added);
  const Block block(out, kInterfaceDescription);
  append_raw(out, kEthernet);
  append_raw(out, uint16_t{0});
  append_raw(out, kSnapLen);
  fmt::memory_buffer name;
  text::append_printable(
      name, device.ifindex ? std::string_view(device.name, strnlen(device.name, REC_IFNAMSIZ)) : "no-device");
  if (device.netns) text::append(name, '@');
  text::append_printable(name, added.netns);
  append_option(out, kInterfaceName, {name.data(), name.size()});
  append_option(out, kTimeResolution, "\x09");
  append_custom(out, kDevice, [&] { append_raw(out, device); });
  append_end_of_options(out);
  return added;
}

Encoder::Interface& Encoder::interface_of(fmt::memory_buffer& out, const event::Event& event) {
  if (!event.device) return nowhere_interface_;
  const auto known = interfaces_.find(uint64_t{event.device->netns} << 32 | event.device->ifindex);
  if (known != interfaces_.end())
    for (auto& one : known->second)
      if (std::memcmp(&one.device, event.device, sizeof(rec_device)) == 0) return one;
  return add_interface(out, *event.device);
}

void Encoder::tell_netns(Interface& interface) {
  const std::string_view name = names_->name(event::NameKind::netns, interface.device.netns);
  if (interface.told_by == source_ && interface.netns == name) return;
  interface.told_by = source_;
  interface.netns = name;
  tell(event::NameKind::netns, interface.device.netns);
}

// A name that says no more than its number is told as well, but for one that is nothing.
void Encoder::tell(event::NameKind kind, uint64_t number) {
  const auto& row = event::row_of(kind);
  auto& all = names_told_[event::index_of(kind)];
  if (kind == event::NameKind::cgroup && all.size() >= kMostProcesses && !all.contains(number)) return;
  const auto [told, added] = all.try_emplace(number);
  if (!added && !row.changes) return;
  const std::string_view name = names_->name(kind, number);
  if ((name.empty() && row.unnamed.empty()) || (row.changes && told->second == name)) return;
  if (row.changes) told->second = name;
  append_name(told_, row.on_disk, number, name);
}

// Whose comm is told; it stays where another one has its number.
rec_task Encoder::without_comm(rec_task task) {
  task.tid ^= task.pid;
  const uint32_t number = number_of_comm(task);
  if (number == 0) return task;
  const auto& row = event::row_of(event::NameKind::comm);
  const std::string_view comm(task.comm, sizeof(task.comm));
  const auto [told, added] = names_told_[event::index_of(row.kind)].try_emplace(number);
  if (added) {
    told->second = comm;
    append_name(told_, row.on_disk, number, comm);
  }
  if (told->second == comm) name_comm(task, number);
  return task;
}

void Encoder::tell_stack(uint64_t id) {
  if (!stacks_.insert(id).second) return;
  const auto frames = names_->stack(id);
  if (frames.empty()) return;
  const auto last = std::find(frames.begin(), frames.end(), uint64_t{0});
  for (auto frame = frames.begin(); frame != last; ++frame) tell(event::NameKind::symbol, *frame);
  append_custom(told_, kStack, [&] {
    append_raw(told_, id);
    for (auto frame = frames.begin(); frame != last; ++frame) append_raw(told_, *frame);
  });
}

void Encoder::tell_clock(uint64_t time_ns) {
  const uint64_t offset = names_->time_of_day_ns(time_ns) - time_ns;
  if (offset == clock_offset_) return;
  clock_offset_ = offset;
  append_name(told_, kClock, offset, {});
}

void Encoder::tell_names(const event::Event& event) {
  const bool in_task = event.task && event.task->context == REC_CONTEXT_PROCESS;
  if (!event.drop && !event.caller && !event.stack && !event.args && !event.rule && !in_task) return;
  event::each_needed_name(
      event, [this](event::NameKind kind, uint64_t number) { tell(kind, number); },
      [this](uint64_t id) { tell_stack(id); });
}

// The names that were found missing.
void Encoder::append_told(fmt::memory_buffer& out) {
  if (told_.size() == 0) return;
  text::append(out, std::string_view(told_.data(), told_.size()));
  told_.clear();
}

uint32_t Encoder::direction(const event::Event& event) const {
  const uint16_t probe = number_of(event.core->probe);
  const auto at_probe = probe < notes_.size() ? notes_[probe].direction : DIRECTION_UNKNOWN;
  const auto direction = event::direction_of(event, at_probe);
  if (direction != DIRECTION_IN) return direction == DIRECTION_OUT ? kOutbound : 0;
  if (!event.knows_pkt_type()) return kInbound;
  switch (event.core->pkt_type) {
    case PACKET_MULTICAST: return kInbound | kMulticast;
    case PACKET_BROADCAST: return kInbound | kBroadcast;
    case PACKET_OTHERHOST: return kInbound | kPromiscuous;
    default: return kInbound;
  }
}

void Encoder::append_comment(fmt::memory_buffer& out, const event::Event& event, const Interface& interface) {
  text::append(out, note(event.core->probe).comment);
  if (event.device && event.device->netns) {
    text::append(out, " in ");
    text::append_printable(out, interface.netns);
  }
  if (event.drop && event.drop->has_reason) {
    text::append(out, ": ");
    text::append_printable(out, names_->name(event::NameKind::drop_reason, event.drop->reason));
    if (const auto symbol = names_->name(event::NameKind::symbol, event.drop->location); !symbol.empty()) {
      text::append(out, " at ");
      text::append_printable(out, symbol);
    }
  } else if (event.result) {
    const auto* format = event.has(REC_FLAG_RETURN) ? names_->result(event.core->probe) : nullptr;
    text::append(out, format ? ": returned " : ": result ");
    if (format)
      format->append(out, event.result->value);
    else
      text::append_integer(out, event.result->value);
  }
}

void Encoder::event(fmt::memory_buffer& out, const event::Event& event) {
  tell_clock(event.core->time_ns);
  Interface& interface = interface_of(out, event);
  if (interface.device.netns) tell_netns(interface);
  tell_names(event);
  rec_task task{};
  if (event.task) task = without_comm(*event.task);

  last_ns_ = event.core->time_ns + clock_offset_;
  const uint8_t changes = event::frame_changes(event);
  const auto captured = static_cast<uint32_t>(event.bytes.size() + event::added_by(changes));
  // What TCP has put together in a receive queue may be longer than what tcpdump takes for a packet; the true length is
  // in the rest of the record.
  const auto wire = std::min(static_cast<uint32_t>(std::max<size_t>(
                                 captured, event.core->wire_len ? event.core->wire_len + event::added_by(changes) : 0)),
                             std::max(kMostOfTcpdump, captured));

  const Block block(out, kEnhancedPacket);
  const std::array<uint32_t, 5> fixed{interface.number, static_cast<uint32_t>(last_ns_ >> 32),
                                      static_cast<uint32_t>(last_ns_), captured, wire};
  append_raw(out, fixed);
  auto* frame = reinterpret_cast<std::byte*>(text::room(out, padded(captured)));
  std::memset(frame + captured, 0, padded(captured) - captured);
  event::write_frame(event, changes, frame);

  // The comment: its length is known when it is written.
  append_raw(out, uint16_t{kComment});
  const size_t length_at = out.size();
  append_raw(out, uint16_t{0});
  const size_t comment = out.size();
  append_comment(out, event, interface);
  auto length = static_cast<uint16_t>(out.size() - comment);
  std::memcpy(out.data() + length_at, &length, sizeof(length));
  pad(out, comment);

  if (const uint32_t flags = direction(event)) append_small_option(out, kPacketFlags, flags);
  if (event.core->skb) append_small_option(out, kPacketId, event.core->skb);
  append_told(out);

  // The rest of the record, with those of its sections that are known.
  rec_core core = *event.core;
  core.probe = number_of(core.probe);
  core.sections &= REC_SECTION_BYTES;
  constexpr size_t kFirst = offsetof(rec_core, sk);
  size_t room = sizeof(rec_core) - kFirst;
  each_section(event, [&](rec_section bit, std::span<const std::byte> section) {
    core.sections |= bit;
    room += section.size();
  });
  for (const auto& section : unknown_) room += section.bytes.size();
  if (packed_room(room / sizeof(uint64_t)) > kMostPacked) unknown_.clear();
  for (const auto& section : unknown_) core.sections |= section.mask;
  const bool near = ((core.sk ^ core.skb) & kUpperHalf) == 0;
  if (near) core.sk &= ~kUpperHalf;
  rec_skb skb{};
  if (event.skb) {
    skb = *event.skb;
    to_residual(skb, core);
  }
  core.wire_len ^= wire - static_cast<uint32_t>(event::added_by(changes));
  to_residual(core);
  const size_t option = out.size();
  constexpr size_t kBefore = 4 + 4 + 3;  // code and length, number, mark, version and kind
  auto* const to = reinterpret_cast<uint8_t*>(text::room(out, kBefore + packed_room(room / sizeof(uint64_t))));
  Packer packer(to + kBefore);
  packer.add(std::as_bytes(std::span(&core, 1)).subspan(kFirst));
  each_section(event, [&](rec_section bit, std::span<const std::byte> section) {
    switch (bit) {
      case REC_SECTION_DEVICE: return;
      case REC_SECTION_TASK: return packer.add(std::as_bytes(std::span(&task, 1)));
      case REC_SECTION_SKB: return packer.add(std::as_bytes(std::span(&skb, 1)));
      default: return packer.add(section);
    }
  });
  for (const auto& section : unknown_) packer.add(section.bytes);
  unknown_.clear();
  const auto size = static_cast<size_t>(packer.end() - to);
  const uint16_t head[2] = {kCustomOption, static_cast<uint16_t>(size - 4)};
  std::memcpy(to, head, sizeof(head));
  std::memcpy(to + 4, &kPen, sizeof(kPen));
  to[8] = kOurMark;
  to[9] = kVersion;
  to[10] = static_cast<uint8_t>(changes | (event.late ? kLate : 0) | (near ? kSharesUpperHalf : 0));
  out.resize(option + size);
  pad(out, option);
  append_end_of_options(out);
}

void Encoder::gap(fmt::memory_buffer& out, const event::Gap& gap) {
  event::LossSum sum;
  sum.add(gap);
  const uint64_t lost = sum.lost.in_all(), all = gap.all();
  lost_ += lost;
  const uint64_t at_ns = gap.before_ns ? names_->time_of_day_ns(gap.before_ns) : last_ns_;
  last_ns_ = std::max(last_ns_, at_ns);
  tell_clock(gap.before_ns);
  const Block block(out, kEnhancedPacket);
  append_raw(out, uint32_t{0});
  append_raw(out, static_cast<uint32_t>(at_ns >> 32));
  append_raw(out, static_cast<uint32_t>(at_ns));
  append_raw(out, uint64_t{0});  // no bytes, of none
  const std::string where = gap.cpu != event::Gap::kAnyCpu      ? fmt::format("on CPU {}", gap.cpu)
                            : gap.probe != event::Gap::kNoProbe ? "at " + note(gap.probe).comment
                                                                : fmt::format("at {} functions", gap.functions);
  append_option(out, kComment,
                fmt::format("lost {}: {}{} {}{}", where, lost < all ? "up to " : "", all, gap.skipped ? "hit" : "event",
                            all == 1 ? "" : "s"));
  append_option(out, kDropCount, {reinterpret_cast<const char*>(&lost), sizeof(lost)});
  GapBytes bytes{
      gap.after_ns,  gap.before_ns,        gap.cpu, gap.may_have_matched ? kGapMayHaveMatched : 0, {}, gap.skipped,
      gap.functions, number_of(gap.probe), 0};
  static_assert(sizeof(bytes.lost) == sizeof(gap.lost));
  bytes.lost = gap.lost;
  append_told(out);
  append_custom(out, kGap, [&] { append_raw(out, bytes); });
  append_end_of_options(out);
}

// What is after all events of this file.
void Encoder::statistics(fmt::memory_buffer& out, CustomKind kind, std::string_view json) {
  const Block block(out, kInterfaceStatistics);
  append_raw(out, uint32_t{0});
  append_raw(out, static_cast<uint32_t>(last_ns_ >> 32));
  append_raw(out, static_cast<uint32_t>(last_ns_));
  append_option(out, kStatisticsDropped, {reinterpret_cast<const char*>(&lost_), sizeof(lost_)});
  append_custom(out, kind, [] {});
  append_json(out, kind, json);
  append_end_of_options(out);
}

void Encoder::next(fmt::memory_buffer& out) {
  statistics(out, kNext, {});
}

void Encoder::end(fmt::memory_buffer& out, std::string_view summary) {
  statistics(out, kEnd, summary);
}

}  // namespace skbtrail::recording
