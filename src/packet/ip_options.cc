// The options of an IPv4 header (RFC 791, 1108, 2113; numbers: IANA), and those in IPv6's hop-by-hop and destination
// options headers (RFC 8200 section 4.2), by name.
//
//   IPv6:   0      1      2        2+len
//          +------+------+--- - - -+
//          | kind | len  | body    |      len: of the body alone; kind 0 (Pad1) is one byte
//          +------+------+--- - - -+
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kFixedLen = 20;

const char* ipv4_option_name(uint8_t kind) {
  switch (kind) {
    case 0: return "EOL";
    case 1: return "NOP";
    case 7: return "RR";
    case 25: return "QS";
    case 30: return "EXP";
    case 68: return "timestamp";
    case 82: return "traceroute";
    case 130: return "security";
    case 131: return "LSRR";
    case 133: return "extended-security";
    case 134: return "CIPSO";
    case 136: return "satid";
    case 137: return "SSRR";
    case 148: return "RA";
    default: return nullptr;
  }
}

const char* ipv6_option_name(uint8_t kind) {
  switch (kind) {
    case 0x04: return "tunnel-limit";
    case 0x05: return "RA";
    case 0x07: return "calipso";
    case 0x26: return "QS";
    case 0x63:
    case 0x23: return "RPL";
    case 0x30: return "PMTU";
    case 0x31:
    case 0x11: return "IOAM";
    case 0x8a: return "ILNP-nonce";
    case 0xc2: return "jumbo";
    case 0xc9: return "home-address";
    default: return nullptr;
  }
}

void append_joined(fmt::memory_buffer& out, const char* name, uint8_t kind) {
  if (out.size() > 0) out.push_back(',');
  if (name) return append(out, name);
  fmt::format_to(fmt::appender(out), "unknown-{}", kind);
}

// Ip::header_len counts an authentication header as well; where the options end, the header's first byte says.
void append_ipv4_options(fmt::memory_buffer& out, const Bytes& from, const Ip& ip) {
  Cursor options = cursor_at(from, ip.begin);
  const uint32_t header_len = (options.peek().value_or(0) & 15u) * 4;
  if (header_len <= kFixedLen || !options.skip(kFixedLen)) return;
  options.narrow(header_len - kFixedLen);
  Option option{.body = options};
  while (read_option(options, option) == OptionRead::option) {
    append_joined(out, ipv4_option_name(option.kind), option.kind);
    if (option.kind == 0) return;
  }
}

void append_ipv6_options(fmt::memory_buffer& out, const Bytes& from, const Extension& extension) {
  Cursor options = cursor_at(from, extension.begin);
  options.narrow(uint64_t{8} * (extension.length_field + 1u));
  if (!options.skip(2)) return;
  Ipv6Option option;
  while (read_ipv6_option(options, option)) {
    if (!option.is_padding()) append_joined(out, ipv6_option_name(option.kind), option.kind);
  }
}

}  // namespace

bool read_ipv6_option(Cursor& options, Ipv6Option& option) noexcept {
  if (!options.read(option.kind)) return false;
  option.len = 0;
  option.value = 0;
  if (option.kind == 0) return true;
  if (!options.read(option.len)) return false;
  Cursor body = options;
  if (!options.skip(option.len)) return false;
  if (option.len == sizeof(option.value)) return body.read(option.value);
  return true;
}

void append_ip_options(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!packet.ip) return;
  const Ip& ip = *packet.ip;
  if (ip.version == 4) return append_ipv4_options(out, from, ip);
  for (size_t i = 0; i < ip.extension_count; ++i) {
    const uint8_t protocol = ip.extensions[i].protocol;
    if (protocol == kProtoHopByHop || protocol == kProtoDestOptions) append_ipv6_options(out, from, ip.extensions[i]);
  }
}

}  // namespace skbtrail::packet
