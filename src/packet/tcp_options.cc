// The options of a TCP header, in the words of tcpdump. Their shape: options.cc. Numbers: IANA, TCP option kinds.
//
// A newcomer expects a wrong length to end the walk: an option of a known kind with a length of its own is walked over
// as it says, and its length is printed ("mss[len 3]"); only one that leaves the header ends it.
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

enum Kind : uint8_t {
  kEndOfList = 0,
  kMss = 2,
  kWindowScale = 3,
  kSack = 5,
  kTimestamps = 8,
  kMd5 = 19,
  kUserTimeout = 28,
  kAuthentication = 29,
  kMptcp = 30,
  kFastOpen = 34,
};

constexpr uint32_t kFixedLen = 20;
constexpr uint32_t kSackBlockLen = 8;

const char* kind_name(uint8_t kind) {
  switch (kind) {
    case kEndOfList: return "eol";
    case 1: return "nop";
    case kMss: return "mss";
    case kWindowScale: return "wscale";
    case 4: return "sackOK";
    case kSack: return "sack";
    case 6: return "echo";
    case 7: return "echoreply";
    case kTimestamps: return "TS";
    case kMd5: return "md5";
    case kUserTimeout: return "uto";
    case kAuthentication: return "tcp-ao";
    case kMptcp: return "mptcp";
    case kFastOpen: return "tfo";
    default: return nullptr;
  }
}

// RFC 8684 section 3: the upper half of the first byte.
const char* mptcp_name(uint8_t subtype) {
  constexpr const char* kNames[] = {"capable", "join", "dss",        "add-addr", "rem-addr",
                                    "prio",    "fail", "fast-close", "tcprst"};
  return subtype < std::size(kNames) ? kNames[subtype] : "unknown";
}

void append_bytes(fmt::memory_buffer& out, Cursor body) {
  uint8_t byte = 0;
  while (body.read(byte)) fmt::format_to(fmt::appender(out), "{:02x}", byte);
}

void append_sack(fmt::memory_buffer& out, Cursor body, uint32_t len, uint32_t base) {
  if (len % kSackBlockLen != 0) return append(out, " invalid sack");
  fmt::format_to(fmt::appender(out), " {} ", len / kSackBlockLen);
  uint32_t begin = 0, end = 0;
  while (body.read(begin) && body.read(end)) {
    if (static_cast<int32_t>(begin - base) > 0) begin -= base, end -= base;
    fmt::format_to(fmt::appender(out), "{{{}:{}}}", begin, end);
  }
}

void append_authentication(fmt::memory_buffer& out, Cursor body) {
  uint8_t key = 0, next_key = 0;
  if (!(body.read(key) && body.read(next_key))) return append(out, " (invalid)");
  fmt::format_to(fmt::appender(out), " keyid {} rnextkeyid {}", key, next_key);
  if (body.packet_left() == 0u) return;
  append(out, " mac 0x");
  append_bytes(out, body);
}

void append_mptcp(fmt::memory_buffer& out, Cursor body, uint8_t len) {
  uint8_t subtype = 0;
  fmt::format_to(fmt::appender(out), " {}", len);
  if (body.read(subtype)) fmt::format_to(fmt::appender(out), " {}", mptcp_name(subtype >> 4));
}

void append_fast_open(fmt::memory_buffer& out, Cursor body, uint32_t len) {
  if (len == 0) return append(out, "  cookiereq");
  append(out, "  cookie ");
  append_bytes(out, body);
}

// What is after the name. The length that the kind has by its standard, 2 for kinds that hold nothing.
uint8_t append_body(fmt::memory_buffer& out, const Option& option, uint32_t sack_base) {
  Cursor body = option.body;
  const uint32_t len = option.len - 2u;
  uint8_t byte = 0;
  uint16_t word = 0;
  uint32_t value = 0, echo = 0;
  switch (option.kind) {
    case kMss:
      if (body.read(word)) fmt::format_to(fmt::appender(out), " {}", word);
      return 4;
    case kWindowScale:
      if (body.read(byte)) fmt::format_to(fmt::appender(out), " {}", byte);
      return 3;
    case kTimestamps:
      if (body.read(value) && body.read(echo)) fmt::format_to(fmt::appender(out), " val {} ecr {}", value, echo);
      return 10;
    case kUserTimeout:
      if (body.read(word)) fmt::format_to(fmt::appender(out), " 0x{:x}", word);
      return 4;
    case kMd5:
      append(out, " ");
      append_bytes(out, body);
      return 18;
    case 4: return 2;
    case kSack: append_sack(out, body, len, sack_base); return option.len;
    case kAuthentication: append_authentication(out, body); return option.len;
    case kMptcp: append_mptcp(out, body, option.len); return option.len;
    case kFastOpen: append_fast_open(out, body, len); return option.len;
    default:
      if (len > 0) append(out, " 0x");
      append_bytes(out, body);
      return option.len;
  }
}

void append_option(fmt::memory_buffer& out, const Option& option, uint32_t sack_base) {
  if (const char* name = kind_name(option.kind)) {
    append(out, name);
  } else {
    fmt::format_to(fmt::appender(out), "unknown-{}", option.kind);
  }
  if (option.len < 2) return;
  if (append_body(out, option, sack_base) != option.len) fmt::format_to(fmt::appender(out), "[len {}]", option.len);
}

}  // namespace

void append_tcp_options(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!packet.tcp || packet.tcp->header_len <= kFixedLen) return;
  Cursor options = upper_cursor(from, packet);
  if (!options.skip(kFixedLen)) return;
  options.narrow(packet.tcp->header_len - kFixedLen);
  Option option{.body = options};
  for (bool first = true; read_option(options, option) == OptionRead::option; first = false) {
    if (!first) out.push_back(',');
    append_option(out, option, packet.tcp->sack_base);
    if (option.kind == kEndOfList) return;
  }
}

}  // namespace skbtrail::packet
