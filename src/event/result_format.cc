#include "event/result_format.h"

#include <array>
#include <bit>
#include <utility>

#include "packet/protocol_names.h"
#include "text/error_name.h"

namespace skbtrail::event {

namespace {

constexpr int64_t kMostErrors = 4095;  // MAX_ERRNO, include/linux/err.h

constexpr std::pair<ResultMeaning, std::string_view> kMeanings[] = {
    {ResultMeaning::by_type, "by type"},   {ResultMeaning::number, "number"},   {ResultMeaning::error, "error"},
    {ResultMeaning::hex, "hex"},           {ResultMeaning::network, "network"}, {ResultMeaning::ethertype, "ethertype"},
    {ResultMeaning::verdict, "verdict"},   {ResultMeaning::target, "target"},   {ResultMeaning::bridge, "bridge"},
    {ResultMeaning::queueing, "queueing"}, {ResultMeaning::action, "action"},   {ResultMeaning::protocol, "protocol"},
    {ResultMeaning::encap, "encap"},
};

template <typename... Arguments>
void write(fmt::memory_buffer& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(fmt::appender(out), format, std::forward<Arguments>(arguments)...);
}

void append_text(fmt::memory_buffer& out, std::string_view text) {
  out.append(text);
}

// As an error, if it is one: functions return it as a negative number, also instead of a pointer.
bool append_error(fmt::memory_buffer& out, int64_t value) {
  if (value >= 0 || value < -kMostErrors || !text::is_error(static_cast<int>(-value))) return false;
  write(out, "-{}", text::error_name(static_cast<int>(-value)));
  return true;
}

// A verdict of netfilter, include/uapi/linux/netfilter.h:
//
//   31         16 15 14       8 7        0
//   | errno or    | B|         | verdict  |    B: a queue without a reader is passed by (NF_VERDICT_FLAG_QUEUE_BYPASS)
//   | queue       |  |         |          |
//
// An errno is beside NF_DROP (NF_DROP_ERR) and, since Linux 6.7, beside NF_STOLEN (NF_DROP_REASON, include/linux/
// netfilter.h): the packet was freed with a reason, and the caller is to be told that errno.
constexpr std::array<std::string_view, 6> kVerdicts{"NF_DROP",  "NF_ACCEPT", "NF_STOLEN",
                                                    "NF_QUEUE", "NF_REPEAT", "NF_STOP"};
constexpr uint32_t kVerdictMask = 0xff, kBypass = 0x8000, kUpper = 16, kDrop = 0, kStolen = 2, kQueue = 3;

void append_verdict(fmt::memory_buffer& out, uint32_t bits) {
  const uint32_t verdict = bits & kVerdictMask, upper = bits >> kUpper;
  uint32_t rest = bits & ~kVerdictMask;
  if (verdict >= kVerdicts.size()) return write(out, "{:#x}", bits);
  append_text(out, kVerdicts[verdict]);
  if (verdict == kQueue) {
    write(out, " {}", upper);
    if (bits & kBypass) append_text(out, ", bypass");
    rest &= 0xffff & ~kBypass;
  } else if ((verdict == kDrop || verdict == kStolen) && upper != 0) {
    write(out, " (errno {})", text::error_name(static_cast<int>(upper)));
    rest &= 0xffff;
  }
  if (rest != 0) write(out, "|{:#x}", rest);
}

// XT_CONTINUE, include/uapi/linux/netfilter/x_tables.h.
void append_target(fmt::memory_buffer& out, uint32_t bits) {
  if (bits != UINT32_MAX) return append_verdict(out, bits);
  append_text(out, "XT_CONTINUE");
}

// include/uapi/linux/netfilter_bridge/ebtables.h.
bool append_bridge_target(fmt::memory_buffer& out, uint32_t bits) {
  constexpr std::array<std::string_view, 4> kTargets{"EBT_ACCEPT", "EBT_DROP", "EBT_CONTINUE", "EBT_RETURN"};
  const uint32_t at = UINT32_MAX - bits;  // -1 is the first
  if (at < kTargets.size()) append_text(out, kTargets[at]);
  return at < kTargets.size();
}

// What a qdisc returns: include/linux/netdevice.h, and flags of include/net/sch_generic.h.
constexpr std::array<std::string_view, 3> kSent{"NET_XMIT_SUCCESS", "NET_XMIT_DROP", "NET_XMIT_CN"};
constexpr uint32_t kSentMask = 0xffff, kSentStolen = 0x10000, kSentBypass = 0x20000;

void append_queueing(fmt::memory_buffer& out, uint32_t bits) {
  const uint32_t sent = bits & kSentMask, rest = bits & ~(kSentMask | kSentStolen | kSentBypass);
  if (sent >= kSent.size() || rest != 0) return write(out, "{:#x}", bits);
  append_text(out, kSent[sent]);
  if (bits & kSentStolen) append_text(out, "|__NET_XMIT_STOLEN");
  if (bits & kSentBypass) append_text(out, "|__NET_XMIT_BYPASS");
}

// What classifiers and actions return, include/uapi/linux/pkt_cls.h. TC_ACT_CONSUMED is in
// include/net/pkt_cls.h; the highest four bits tell a jump or another chain.
constexpr std::array<std::string_view, 11> kActions{
    "TC_ACT_UNSPEC", "TC_ACT_OK",     "TC_ACT_RECLASSIFY", "TC_ACT_SHOT", "TC_ACT_PIPE",    "TC_ACT_STOLEN",
    "TC_ACT_QUEUED", "TC_ACT_REPEAT", "TC_ACT_REDIRECT",   "TC_ACT_TRAP", "TC_ACT_CONSUMED"};
constexpr uint32_t kOperation = 28, kJump = 1, kGotoChain = 2, kOperand = (1u << kOperation) - 1;

bool append_action(fmt::memory_buffer& out, int64_t number) {
  const auto bits = static_cast<uint32_t>(number);
  if (number >= -1 && static_cast<size_t>(number + 1) < kActions.size())
    append_text(out, kActions[static_cast<size_t>(number + 1)]);
  else if (bits >> kOperation == kJump)
    write(out, "TC_ACT_JUMP {}", bits & kOperand);
  else if (bits >> kOperation == kGotoChain)
    write(out, "TC_ACT_GOTO_CHAIN {}", bits & kOperand);
  else
    return false;
  return true;
}

// ip_protocol_deliver_rcu(), net/ipv4/ip_input.c.
bool append_protocol(fmt::memory_buffer& out, int64_t number) {
  if (number >= 0 || number < -255) return false;
  write(out, "protocol {} next", -number);
  return true;
}

// udp_queue_rcv_one_skb(), net/ipv4/udp.c.
bool append_encap(fmt::memory_buffer& out, int64_t number) {
  if (number <= 0) return append_protocol(out, number);
  append_text(out, "on to UDP");
  return true;
}

// In the order of the network, as wide as it is.
void append_network(fmt::memory_buffer& out, int64_t number, uint8_t size) {
  write(out, "0x{:0{}x}", static_cast<uint64_t>(number), size * 2);
}

void append_ethertype(fmt::memory_buffer& out, int64_t number) {
  append_network(out, number, sizeof(uint16_t));
  if (const char* name = packet::ethertype_name(static_cast<uint16_t>(number)); name) write(out, " ({})", name);
}

}  // namespace

std::string_view name_of(ResultMeaning meaning) {
  for (const auto& [known, name] : kMeanings)
    if (known == meaning) return name;
  return "number";
}

ResultMeaning meaning_of(std::string_view name) {
  for (const auto& [meaning, known] : kMeanings)
    if (known == name) return meaning;
  return ResultMeaning::number;
}

int64_t ResultFormat::value(int64_t bits) const {
  const bool swap = (meaning == ResultMeaning::network || meaning == ResultMeaning::ethertype) &&
                    std::endian::native == std::endian::little;
  switch (size) {
    case 1: return is_signed ? int64_t{static_cast<int8_t>(bits)} : int64_t{static_cast<uint8_t>(bits)};
    case 2: {
      const auto half = static_cast<uint16_t>(bits);
      return swap ? int64_t{__builtin_bswap16(half)} : is_signed ? int64_t{static_cast<int16_t>(bits)} : int64_t{half};
    }
    case 4: {
      const auto word = static_cast<uint32_t>(bits);
      return swap ? int64_t{__builtin_bswap32(word)} : is_signed ? int64_t{static_cast<int32_t>(bits)} : int64_t{word};
    }
    default: return bits;
  }
}

void ResultFormat::append_number(fmt::memory_buffer& out, int64_t number) const {
  if (is_signed)
    write(out, "{}", number);
  else
    write(out, "{}", static_cast<uint64_t>(number));
}

bool ResultFormat::append_meant(fmt::memory_buffer& out, int64_t number) const {
  const auto word = static_cast<uint32_t>(number);
  switch (meaning) {
    case ResultMeaning::by_type: return is_signed && number != -1 && append_error(out, number);
    case ResultMeaning::number: return false;
    case ResultMeaning::error: return is_signed && append_error(out, number);
    case ResultMeaning::hex: write(out, "{:#x}", static_cast<uint64_t>(number)); return true;
    case ResultMeaning::network: append_network(out, number, size); return true;
    case ResultMeaning::ethertype: append_ethertype(out, number); return true;
    case ResultMeaning::target: append_target(out, word); return true;
    case ResultMeaning::bridge: return append_bridge_target(out, word);
    case ResultMeaning::verdict: append_verdict(out, word); return true;
    case ResultMeaning::queueing: append_queueing(out, word); return true;
    case ResultMeaning::action: return append_action(out, number);
    case ResultMeaning::protocol: return append_protocol(out, number);
    case ResultMeaning::encap: return append_encap(out, number);
  }
  return false;
}

void ResultFormat::append(fmt::memory_buffer& out, int64_t bits) const {
  const int64_t number = value(bits);
  const auto name = names.find(number);
  if (name != names.end()) return append_text(out, name->second);
  if (is_pointer) {
    if (number == 0) return append_text(out, "NULL");
    if (!append_error(out, number)) write(out, "{:#x}", static_cast<uint64_t>(number));
    return;
  }
  if (!append_meant(out, number)) append_number(out, number);
}

}  // namespace skbtrail::event
