// ICMP for IPv4 (RFC 792, codes also RFC 1122, 1191, 1812).
//
//    0      1      2          4            8
//   +------+------+----------+------------+--- -
//   | type | code | checksum | rest       | errors: the first bytes of the IP packet they are about
//   +------+------+----------+------------+--- -
//    rest: echo, time stamp: id 2, seq 2; need to frag: 0 2, mtu 2; redirect: gateway 4;
//    parameter problem: octet 1
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

enum Type : uint8_t {
  kEchoReply = 0,
  kUnreachable = 3,
  kSourceQuench = 4,
  kRedirect = 5,
  kEchoRequest = 8,
  kRouterAdvertisement = 9,
  kRouterSolicitation = 10,
  kTimeExceeded = 11,
  kParameterProblem = 12,
  kTimestamp = 13,
  kTimestampReply = 14,
  kMaskReply = 18,
};

enum UnreachableCode : uint8_t { kProtocolUnreachable = 2, kPortUnreachable = 3, kNeedToFrag = 4 };

constexpr uint32_t kHeaderLen = 8;
constexpr uint8_t kFirstType6Info = 128;  // ICMPv6 errors are below
constexpr uint8_t kType6EchoReply = 129;

// What is around the quoted destination, by code; codes 2 to 4 are printed apart.
struct Around {
  std::string_view before, after;
};
constexpr Around kUnreachableTexts[] = {
    {"net ", " unreachable"},
    {"host ", " unreachable"},
    {},
    {},
    {},
    {"", " unreachable - source route failed"},
    {"net ", " unreachable - unknown"},
    {"host ", " unreachable - unknown"},
    {"", " unreachable - source host isolated"},
    {"net ", " unreachable - admin prohibited"},
    {"host ", " unreachable - admin prohibited"},
    {"net ", " unreachable - tos prohibited"},
    {"host ", " unreachable - tos prohibited"},
    {"host ", " unreachable - admin prohibited filter"},
    {"host ", " unreachable - host precedence violation"},
    {"host ", " unreachable - precedence cutoff"},
};

const char* plain_type_name(uint8_t type) {
  switch (type) {
    case kSourceQuench: return "source quench";
    case kRouterAdvertisement: return "router advertisement";
    case kRouterSolicitation: return "router solicitation";
    case 15: return "information request";
    case 16: return "information reply";
    case 17: return "address mask request";
    case kMaskReply: return "address mask reply";
    case 42: return "extended echo request";
    case 43: return "extended echo reply";
    default: return nullptr;
  }
}

std::optional<uint32_t> quoted_port(const Icmp& icmp) {
  if (!icmp.quoted || !icmp.quoted->ports) return std::nullopt;
  return icmp.quoted->ports->dst;
}

void append_quoted_destination(fmt::memory_buffer& out, const Icmp& icmp) {
  append_address(out, icmp.quoted ? icmp.quoted->dst : IpAddress{});
}

void append_port_unreachable(fmt::memory_buffer& out, const Icmp& icmp) {
  append_quoted_destination(out, icmp);
  if (!icmp.quoted) return append(out, " port ? unreachable");
  const uint8_t protocol = icmp.quoted->protocol;
  if (protocol == kProtoTcp || protocol == kProtoUdp) {
    fmt::format_to(fmt::appender(out), " {}", protocol_name(protocol));
  } else {
    fmt::format_to(fmt::appender(out), " protocol {}", protocol);
  }
  append(out, " port ");
  append_known(out, quoted_port(icmp));
  append(out, " unreachable");
}

void append_unreachable(fmt::memory_buffer& out, const Icmp& icmp) {
  if (icmp.code == kPortUnreachable) return append_port_unreachable(out, icmp);
  const bool named = icmp.code < std::size(kUnreachableTexts);
  const Around around = named ? kUnreachableTexts[icmp.code] : Around{};
  append(out, around.before);
  append_quoted_destination(out, icmp);
  append(out, around.after);
  if (icmp.code == kProtocolUnreachable) {
    append(out, " protocol ");
    append_known(out, icmp.quoted ? std::optional<uint32_t>(icmp.quoted->protocol) : std::nullopt);
    append(out, " unreachable");
  } else if (icmp.code == kNeedToFrag) {
    append(out, " unreachable - need to frag");
    if (icmp.seq() != 0) fmt::format_to(fmt::appender(out), " (mtu {})", icmp.seq());
  } else if (!named) {
    fmt::format_to(fmt::appender(out), " unreachable - #{}", icmp.code);
  }
}

void append_redirect(fmt::memory_buffer& out, const Icmp& icmp) {
  constexpr Around kTexts[] = {{"redirect ", " to net "},
                               {"redirect ", " to host "},
                               {"redirect-tos ", " to net "},
                               {"redirect-tos ", " to host "}};
  if (icmp.code < std::size(kTexts)) {
    append(out, kTexts[icmp.code].before);
  } else {
    fmt::format_to(fmt::appender(out), "redirect-#{} ", icmp.code);
  }
  append_quoted_destination(out, icmp);
  append(out, icmp.code < std::size(kTexts) ? kTexts[icmp.code].after : " to ");
  append_address(out, ipv4_address(icmp.rest));
}

void append_time_exceeded(fmt::memory_buffer& out, const Icmp& icmp) {
  switch (icmp.code) {
    case 0: return append(out, "time exceeded in-transit");
    case 1: return append(out, "ip reassembly time exceeded");
    default: fmt::format_to(fmt::appender(out), "time exceeded-#{}", icmp.code);
  }
}

void append_parameter_problem(fmt::memory_buffer& out, const Icmp& icmp) {
  if (icmp.code == 0) {
    fmt::format_to(fmt::appender(out), "parameter problem - octet {}", icmp.rest >> 24);
  } else {
    fmt::format_to(fmt::appender(out), "parameter problem - code {}", icmp.code);
  }
}

void append_message(fmt::memory_buffer& out, const Icmp& icmp) {
  switch (icmp.type) {
    case kEchoRequest:
    case kEchoReply:
      fmt::format_to(fmt::appender(out), "echo {}, id {}, seq {}", icmp.is_echo_request() ? "request" : "reply",
                     icmp.id(), icmp.seq());
      return;
    case kTimestamp:
    case kTimestampReply:
      fmt::format_to(fmt::appender(out), "time stamp {} id {} seq {}", icmp.type == kTimestamp ? "query" : "reply",
                     icmp.id(), icmp.seq());
      return;
    case kUnreachable: return append_unreachable(out, icmp);
    case kRedirect: return append_redirect(out, icmp);
    case kTimeExceeded: return append_time_exceeded(out, icmp);
    case kParameterProblem: return append_parameter_problem(out, icmp);
    default:
      if (const char* name = plain_type_name(icmp.type)) return append(out, name);
      fmt::format_to(fmt::appender(out), "type-#{}", icmp.type);
  }
}

// Without the destination that a message quotes. RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
constexpr std::string_view kUnreachableNames[] = {
    "net unreachable",
    "host unreachable",
    "protocol unreachable",
    "port unreachable",
    "need to frag",
    "source route failed",
    "net unknown",
    "host unknown",
    "source host isolated",
    "net admin prohibited",
    "host admin prohibited",
    "net unreachable for tos",
    "host unreachable for tos",
    "admin prohibited filter",
    "host precedence violation",
    "precedence cutoff",
};

}  // namespace

void append_icmp_error(fmt::memory_buffer& out, uint32_t type, uint32_t code) {
  if (type == kUnreachable && code < std::size(kUnreachableNames)) return append(out, kUnreachableNames[code]);
  if (type == kRedirect) return append(out, "redirect");
  if (type == kSourceQuench) return append(out, "source quench");
  Icmp icmp;
  icmp.code = static_cast<uint8_t>(code);
  if (type == kTimeExceeded && code <= UINT8_MAX) return append_time_exceeded(out, icmp);
  if (type == kParameterProblem) return append(out, "parameter problem");
  fmt::format_to(fmt::appender(out), "type {} code {}", type, code);
}

bool Icmp::is_echo() const noexcept {
  if (v6) return type == kFirstType6Info || type == kType6EchoReply;
  return type == kEchoRequest || type == kEchoReply;
}

bool Icmp::is_echo_request() const noexcept {
  return v6 ? type == kFirstType6Info : type == kEchoRequest;
}

bool Icmp::is_error() const noexcept {
  if (v6) return type < kFirstType6Info;
  return type == kUnreachable || type == kSourceQuench || type == kRedirect || type == kTimeExceeded ||
         type == kParameterProblem;
}

void dissect_icmp(Cursor& cursor, Packet& packet) noexcept {
  Icmp icmp;
  if (!(cursor.read(icmp.type) && cursor.read(icmp.code) && cursor.read(icmp.checksum) && cursor.read(icmp.rest))) {
    return stop(packet, Layer::icmp, cursor);
  }
  packet.icmp = icmp;
  if (packet.payload_len) *packet.payload_len -= kHeaderLen;
  if (icmp.is_error()) dissect_quoted_ipv4(cursor, packet);
}

void append_icmp(fmt::memory_buffer& out, const Packet& packet) {
  if (!packet.icmp) return;
  append(out, "ICMP ");
  append_message(out, *packet.icmp);
  append_length(out, packet.ip->payload_len);
  append_quoted(out, *packet.icmp);
}

}  // namespace skbtrail::packet
