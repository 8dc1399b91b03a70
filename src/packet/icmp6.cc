// ICMPv6 (RFC 4443), neighbor discovery (RFC 4861), multicast listener discovery (RFC 2710, 3810).
//
//    0      1      2          4          8                   24              40
//   +------+------+----------+----------+--- -
//   | type | code | checksum | rest     | errors: the packet they are about
//   +------+------+----------+----------+-------------------+---------------+--- -
//                            | flags    | target            | destination   |      neighbor, redirect
//                            | delay    | multicast address |                      listener
//                            | 0, count | records                                  listener report v2
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

enum Type : uint8_t {
  kUnreachable = 1,
  kPacketTooBig = 2,
  kTimeExceeded = 3,
  kParameterProblem = 4,
  kEchoRequest = 128,
  kEchoReply = 129,
  kListenerQuery = 130,
  kListenerReport = 131,
  kListenerDone = 132,
  kRouterSolicitation = 133,
  kNeighborSolicitation = 135,
  kNeighborAdvertisement = 136,
  kRedirect = 137,
  kListenerReport2 = 143,
};

constexpr uint32_t kHeaderLen = 8;
constexpr uint32_t kListenerLen = 24;  // with the group; a longer query is one of version 2
constexpr uint8_t kPortUnreachable = 4;
constexpr uint8_t kBeyondScope = 2;

const char* type_name(uint8_t type) {
  switch (type) {
    case kUnreachable: return "destination unreachable";
    case kPacketTooBig: return "packet too big";
    case kTimeExceeded: return "time exceeded in-transit";
    case kParameterProblem: return "parameter problem";
    case kEchoRequest: return "echo request";
    case kEchoReply: return "echo reply";
    case kListenerQuery: return "multicast listener query";
    case kListenerReport: return "multicast listener report";
    case kListenerDone: return "multicast listener done";
    case kRouterSolicitation: return "router solicitation";
    case 134: return "router advertisement";
    case kNeighborSolicitation: return "neighbor solicitation";
    case kNeighborAdvertisement: return "neighbor advertisement";
    case kRedirect: return "redirect";
    case 138: return "router renumbering";
    case 139: return "node information query";
    case 140: return "node information reply";
    case 141: return "inverse neighbor solicitation";
    case 142: return "inverse neighbor advertisement";
    case kListenerReport2: return "multicast listener report v2";
    case 144: return "ha discovery request";
    case 145: return "ha discovery reply";
    case 146: return "mobile router solicitation";
    case 147: return "mobile router advertisement";
    case 155: return "RPL";
    case 160: return "extended echo request";
    case 161: return "extended echo reply";
    default: return nullptr;
  }
}

bool has_target(uint8_t type) noexcept {
  return (type >= kListenerQuery && type <= kListenerDone) || (type >= kNeighborSolicitation && type <= kRedirect);
}

// Error types that RFC 4443 defines; what others hold is unknown.
bool has_quote(uint8_t type) noexcept {
  return type >= kUnreachable && type <= kParameterProblem;
}

bool read_addresses(Cursor& cursor, Icmp& icmp) noexcept {
  if (!has_target(icmp.type)) return true;
  IpAddress address;
  if (!read_ipv6_address(cursor, address)) return false;
  icmp.target = address;
  if (icmp.type != kRedirect) return true;
  if (!read_ipv6_address(cursor, address)) return false;
  icmp.destination = address;
  return true;
}

void append_optional(fmt::memory_buffer& out, std::string_view before, const std::optional<IpAddress>& address) {
  append(out, before);
  append_address(out, address.value_or(IpAddress{}));
}

void append_quoted_port(fmt::memory_buffer& out, const Icmp& icmp) {
  const Quoted quoted = icmp.quoted.value_or(Quoted{});
  append_optional(out, ", ", quoted.dst);
  if (quoted.protocol == kProtoTcp || quoted.protocol == kProtoUdp) {
    fmt::format_to(fmt::appender(out), " {} port ", protocol_name(quoted.protocol));
  } else {
    append(out, " port ");
  }
  append_known(out, quoted.ports ? std::optional<uint32_t>(quoted.ports->dst) : std::nullopt);
}

void append_unreachable(fmt::memory_buffer& out, const Icmp& icmp) {
  constexpr const char* kCodes[] = {", unreachable route ", ", unreachable prohibited ", ", beyond scope ",
                                    ", unreachable address ", ", unreachable port"};
  if (icmp.code >= std::size(kCodes)) {
    fmt::format_to(fmt::appender(out), ", unknown unreach code ({})", icmp.code);
    return;
  }
  append(out, kCodes[icmp.code]);
  if (icmp.code == kPortUnreachable) return append_quoted_port(out, icmp);
  const Quoted quoted = icmp.quoted.value_or(Quoted{});
  append_address(out, quoted.dst);
  if (icmp.code == kBeyondScope) append_optional(out, ", source address ", quoted.src);
}

void append_time_exceeded(fmt::memory_buffer& out, const Icmp& icmp) {
  switch (icmp.code) {
    case 0: return append_optional(out, " for ", icmp.quoted.value_or(Quoted{}).dst);
    case 1: return append(out, " (reassembly)");
    default: fmt::format_to(fmt::appender(out), ", unknown code ({})", icmp.code);
  }
}

void append_parameter_problem(fmt::memory_buffer& out, const Icmp& icmp) {
  constexpr const char* kCodes[] = {"erroneous", "next header", "option", "incomplete header chain"};
  if (icmp.code < std::size(kCodes)) {
    fmt::format_to(fmt::appender(out), ", {} - octet {}", kCodes[icmp.code], icmp.rest);
  } else {
    fmt::format_to(fmt::appender(out), ", code-#{}", icmp.code);
  }
}

void append_listener(fmt::memory_buffer& out, const Icmp& icmp, std::optional<uint32_t> length) {
  if (icmp.type == kListenerQuery && length.value_or(kListenerLen) > kListenerLen) append(out, " v2");
  fmt::format_to(fmt::appender(out), ", max resp delay: {}", icmp.id());
  append_optional(out, " addr: ", icmp.target);
}

void append_details(fmt::memory_buffer& out, const Icmp& icmp, std::optional<uint32_t> length) {
  switch (icmp.type) {
    case kUnreachable: return append_unreachable(out, icmp);
    case kPacketTooBig: fmt::format_to(fmt::appender(out), ", mtu {}", icmp.rest); return;
    case kTimeExceeded: return append_time_exceeded(out, icmp);
    case kParameterProblem: return append_parameter_problem(out, icmp);
    case kEchoRequest:
    case kEchoReply: fmt::format_to(fmt::appender(out), ", id {}, seq {}", icmp.id(), icmp.seq()); return;
    case kListenerQuery:
    case kListenerReport:
    case kListenerDone: return append_listener(out, icmp, length);
    case kNeighborSolicitation: return append_optional(out, ", who has ", icmp.target);
    case kNeighborAdvertisement: return append_optional(out, ", tgt is ", icmp.target);
    case kRedirect: append_optional(out, ", ", icmp.destination); return append_optional(out, " to ", icmp.target);
    case kListenerReport2: fmt::format_to(fmt::appender(out), ", {} group record(s)", icmp.seq());
  }
}

bool is_neighbor_discovery(uint8_t type) noexcept {
  return type >= kRouterSolicitation && type <= kRedirect;
}

void append_records(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  Cursor records = upper_cursor(from, packet);
  if (records.skip(kHeaderLen)) append_group_records(out, records, 6, packet.icmp->seq());
}

}  // namespace

void dissect_icmp6(Cursor& cursor, Packet& packet) noexcept {
  Icmp icmp;
  icmp.v6 = true;
  if (!(cursor.read(icmp.type) && cursor.read(icmp.code) && cursor.read(icmp.checksum) && cursor.read(icmp.rest))) {
    return stop(packet, Layer::icmp6, cursor);
  }
  packet.icmp = icmp;
  if (packet.payload_len) *packet.payload_len -= kHeaderLen;
  if (has_quote(icmp.type)) return dissect_quoted_ipv6(cursor, packet);
  if (!read_addresses(cursor, *packet.icmp)) return stop(packet, Layer::icmp6, cursor);
  if (icmp.type == kListenerReport2) return check_group_records(cursor, packet, Layer::icmp6, 6, icmp.seq());
  if (is_neighbor_discovery(icmp.type)) dissect_neighbor(cursor, packet);
}

void append_icmp6(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!packet.icmp) return;
  const Icmp& icmp = *packet.icmp;
  append(out, "ICMP6, ");
  if (const char* name = type_name(icmp.type)) {
    append(out, name);
  } else {
    fmt::format_to(fmt::appender(out), "unknown icmp6 type ({})", icmp.type);
  }
  append_details(out, icmp, packet.ip->payload_len);
  append_length(out, packet.ip->payload_len);
  append_quoted(out, icmp);
  if (is_neighbor_discovery(icmp.type)) append_neighbor(out, from, packet);
  if (icmp.type == kListenerReport2) append_records(out, from, packet);
}

void append_icmp6_error(fmt::memory_buffer& out, uint8_t type, uint8_t code) {
  constexpr const char* kUnreachableNames[] = {"no route to destination",
                                               "administratively prohibited",
                                               "beyond scope",
                                               "address unreachable",
                                               "port unreachable",
                                               "policy failed",
                                               "reject route"};
  if (type == kUnreachable && code < std::size(kUnreachableNames)) return append(out, kUnreachableNames[code]);
  if (type == kTimeExceeded && code == 1) return append(out, "reassembly time exceeded");
  if (has_quote(type) && type != kUnreachable) return append(out, type_name(type));
  fmt::format_to(fmt::appender(out), "type {} code {}", type, code);
}

void append_mld_groups(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!packet.icmp || !packet.icmp->v6) return;
  const Icmp& icmp = *packet.icmp;
  if (icmp.type == kListenerReport2) {
    Cursor records = upper_cursor(from, packet);
    if (records.skip(kHeaderLen)) append_groups(out, records, 6, icmp.seq());
  } else if (icmp.type >= kListenerQuery && icmp.type <= kListenerDone && icmp.target) {
    append_address(out, *icmp.target);
  }
}

}  // namespace skbtrail::packet
