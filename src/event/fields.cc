#include "event/fields.h"
#include "event/cgroup_fields.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>

#include "event/benign.h"
#include "event/decider.h"
#include "event/decision.h"
#include "event/direction.h"
#include "event/result_format.h"
#include "event/section/conntrack.h"
#include "event/section/hook.h"
#include "event/section/ipvs.h"
#include "event/section/nat.h"
#include "event/section/neigh.h"
#include "event/section/program.h"
#include "event/section/route.h"
#include "event/section/rule.h"
#include "event/section/sent.h"
#include "event/section/tc.h"
#include "event/section/xfrm.h"
#include "event/socket_families.h"
#include "event/trail_fields.h"
#include "packet/fields.h"
#include "packet/texts.h"
#include "text/fixed_text.h"
#include "text/habits.h"
#include "text/nearest.h"

namespace skbtrail::event {

namespace {

using packet::Packet;

constexpr std::monostate kUnknown{};

Value number(uint64_t value) {
  return value;
}

std::string_view text_in(Scratch& scratch) {
  return {scratch.data(), scratch.size()};
}

// Fields of the core and the fixed sections -------------------------------------------------------------------------

Value time_of_day(const Event& e, Scratch&) {
  return e.names->time_of_day_ns(e.core->time_ns);
}
// Other programs tell the time of day alone.
Value mono(const Event& e, Scratch&) {
  if (e.core->probe == kUnknownProbe) return kUnknown;
  return number(e.core->time_ns);
}
Value cpu(const Event& e, Scratch&) {
  return e.core->cpu != kUnknownCpu ? number(e.core->cpu) : Value(kUnknown);
}
Value func(const Event& e, Scratch&) {
  return e.core->probe != kUnknownProbe ? Value(e.names->probe(e.core->probe)) : Value(kUnknown);
}
Value skb_address(const Event& e, Scratch&) {
  return e.core->skb ? number(e.core->skb) : Value(kUnknown);
}
Value late(const Event& e, Scratch&) {
  return e.late ? Value(true) : Value(kUnknown);
}

Value sk_address(const Event& e, Scratch&) {
  return e.core->sk ? number(e.core->sk) : Value(kUnknown);
}

Value len(const Event& e, Scratch&) {
  return e.has(REC_FLAG_LEN) ? number(e.core->len) : Value(kUnknown);
}

Value mark(const Event& e, Scratch&) {
  return e.has(REC_FLAG_MARK) ? number(e.core->mark) : Value(kUnknown);
}

Value protocol(const Event& e, Scratch&) {
  if (e.has(REC_FLAG_SKB_NOT_OWNED) || e.core->protocol == 0) return kUnknown;
  return number(ntohs(e.core->protocol));
}

// uapi/linux/if_packet.h
Value pkt_type(const Event& e, Scratch&) {
  static constexpr std::array<std::string_view, 8> kNames{"host",     "broadcast", "multicast", "otherhost",
                                                          "outgoing", "loopback",  "user",      "kernel"};
  if (!e.knows_pkt_type()) return kUnknown;
  return kNames[e.core->pkt_type & 7];
}

Value direction(const Event& e, Scratch&) {
  const auto known = direction_of(e);
  if (known == DIRECTION_UNKNOWN) return kUnknown;
  return std::string_view(known == DIRECTION_IN ? "in" : "out");
}

Value netns(const Event& e, Scratch&) {
  if (!e.device || !e.device->netns) return kUnknown;
  return e.names->name(NameKind::netns, e.device->netns);
}
Value netns_inum(const Event& e, Scratch&) {
  return e.device && e.device->netns ? number(e.device->netns) : Value(kUnknown);
}
Value family(const Event& e, Scratch& scratch) {
  if (!e.device || !e.device->family) return kUnknown;
  if (const auto name = family_name(e.device->family); !name.empty()) return name;
  fmt::format_to(std::back_inserter(scratch), "{}", e.device->family);
  return std::string_view(scratch.data(), scratch.size());
}
Value ifname(const Event& e, Scratch&) {
  return e.device && e.device->ifindex ? Value(text::fixed_text(e.device->name)) : Value(kUnknown);
}
Value ifindex(const Event& e, Scratch&) {
  return e.device && e.device->ifindex ? number(e.device->ifindex) : Value(kUnknown);
}

bool of_task(const Event& e) {
  return e.task && e.task->context == REC_CONTEXT_PROCESS;
}

Value context(const Event& e, Scratch&) {
  static constexpr std::array<std::string_view, 5> kNames{"", "process", "softirq", "hardirq", "interrupt"};
  if (!e.task || e.task->context == REC_CONTEXT_UNKNOWN || e.task->context >= kNames.size()) return kUnknown;
  return kNames[e.task->context];
}
Value pid(const Event& e, Scratch&) {
  return of_task(e) ? number(e.task->pid) : Value(kUnknown);
}
Value tid(const Event& e, Scratch&) {
  return of_task(e) ? number(e.task->tid) : Value(kUnknown);
}
Value comm(const Event& e, Scratch&) {
  return of_task(e) ? Value(text::fixed_text(e.task->comm)) : Value(kUnknown);
}
// As perf writes a task; in an interrupt whose task is anybody's, what kind it is.
Value task(const Event& e, Scratch& scratch) {
  if (!of_task(e)) return context(e, scratch);
  scratch.clear();
  fmt::format_to(std::back_inserter(scratch), "{}/{}", text::fixed_text(e.task->comm), e.task->pid);
  return text_in(scratch);
}
Value cpu_pid(const Event& e, Scratch&) {
  return e.task ? number(e.task->pid) : Value(kUnknown);
}
Value cpu_comm(const Event& e, Scratch&) {
  return e.task ? Value(text::fixed_text(e.task->comm)) : Value(kUnknown);
}

Value drop_reason(const Event& e, Scratch&) {
  if (!e.drop || !e.drop->has_reason) return kUnknown;
  return e.names->name(NameKind::drop_reason, e.drop->reason);
}
Value location(const Event& e, Scratch& scratch) {
  if (!e.drop || !e.drop->location) return kUnknown;
  std::string_view symbol = e.names->name(NameKind::symbol, e.drop->location);
  if (!symbol.empty()) return symbol;
  scratch.clear();
  fmt::format_to(std::back_inserter(scratch), "{:#x}", e.drop->location);
  return text_in(scratch);
}
Value benign(const Event& e, Scratch&) {
  const std::string_view why = why_benign(e);
  return why.empty() ? Value(kUnknown) : Value(why);
}
Value result(const Event& e, Scratch&) {
  return e.result && !e.has(REC_FLAG_RETURN) ? Value(int64_t{static_cast<int32_t>(e.result->value)}) : Value(kUnknown);
}
// The number that the function's type makes of it; a pointer is none.
Value return_value(const Event& e, Scratch&) {
  if (!e.has(REC_FLAG_RETURN) || !e.result) return kUnknown;
  const ResultFormat* format = e.names->result(e.core->probe);
  return format && !format->is_pointer ? Value(format->value(e.result->value)) : Value(kUnknown);
}
Value returned(const Event& e, Scratch& scratch) {
  if (!e.has(REC_FLAG_RETURN) || !e.result) return kUnknown;
  const ResultFormat* format = e.names->result(e.core->probe);
  if (!format) return kUnknown;
  scratch.clear();
  format->append(scratch, e.result->value);
  return text_in(scratch);
}

// The call path ---------------------------------------------------------------------------------------------------

void append_frame(Scratch& scratch, uint64_t address, const Names& names) {
  const std::string_view symbol = names.name(NameKind::symbol, address);
  if (symbol.empty()) {
    fmt::format_to(std::back_inserter(scratch), "{:#x}", address);
    return;
  }
  const size_t begin = scratch.size();
  scratch.append(symbol);
  // A line's end in a symbol (no kernel has one, but a file may) is not the end of a frame.
  std::replace(scratch.data() + begin, scratch.data() + scratch.size(), '\n', '?');
}

Value caller(const Event& e, Scratch& scratch) {
  const auto [path, told_apart] = e.call_path();
  if (path.empty() || !told_apart) return kUnknown;
  scratch.clear();
  append_frame(scratch, path.front(), *e.names);
  return text_in(scratch);
}

Value stack(const Event& e, Scratch& scratch) {
  if (!e.stack) return kUnknown;
  const auto path = e.call_path().frames;
  if (path.empty()) return kUnknown;
  scratch.clear();
  for (size_t i = 0; i < path.size(); i++) {
    if (i) scratch.push_back('\n');
    append_frame(scratch, path[i], *e.names);
  }
  return text_in(scratch);
}

Value stack_unknown(const Event& e, Scratch&) {
  return e.stack && e.call_path().frames.empty() ? Value(true) : Value(kUnknown);
}

Value arguments(const Event& e, Scratch& scratch) {
  const auto found = e.arguments();
  if (!found) return kUnknown;
  scratch.clear();
  found->append_line(scratch, *e.names);
  return text_in(scratch);
}

// Fields of the packet ----------------------------------------------------------------------------------------------

// Headers that are not written yet, and where what is shown instead comes from.
std::string_view what_is_unwritten(const Event& e) {
  const bool part = e.has(REC_FLAG_UNWRITTEN);
  if (e.has(REC_FLAG_SYNTHESIZED))
    return part ? " (no UDP header yet: as socket and flow tell)" : " (no headers yet: as the socket tells)";
  return part ? " (IP length not written yet)" : "";
}

Value summary(const Event& e, Scratch& scratch) {
  const Packet* p = e.packet();
  if (!p) return e.has(REC_FLAG_UNWRITTEN) ? Value(std::string_view("(headers not written yet)")) : Value(kUnknown);
  scratch.clear();
  append_packet_line(scratch, e, *p);
  return text_in(scratch);
}

Value unwritten(const Event& e, Scratch&) {
  const bool made = e.has(REC_FLAG_SYNTHESIZED), part = e.has(REC_FLAG_UNWRITTEN);
  if (!made && !part) return kUnknown;
  if (made && part) return std::string_view("udp");
  return std::string_view(made || e.bytes.empty() ? "all" : "length");
}

template <typename Address>
Value address_text(const Address& address, Scratch& scratch) {
  scratch.clear();
  packet::append_address(scratch, address);
  return text_in(scratch);
}

Value src(const Event& e, Scratch& s) {
  const Packet* p = e.packet();
  return p && p->ip && p->ip->src.version ? address_text(p->ip->src, s) : Value(kUnknown);
}
Value dst(const Event& e, Scratch& s) {
  const Packet* p = e.packet();
  return p && p->ip && p->ip->dst.version ? address_text(p->ip->dst, s) : Value(kUnknown);
}
Value eth_src(const Event& e, Scratch& s) {
  const Packet* p = e.packet();
  return p && p->ethernet ? address_text(p->ethernet->src, s) : Value(kUnknown);
}
Value eth_dst(const Event& e, Scratch& s) {
  const Packet* p = e.packet();
  return p && p->ethernet ? address_text(p->ethernet->dst, s) : Value(kUnknown);
}

// Every numeric field of the packet is one of these: an optional part, and a member of it.
template <auto Part, auto Member>
Value part(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  if (!p || !(p->*Part)) return kUnknown;
  return number((*(p->*Part)).*Member);
}

Value protocol_text(const Packet& p, Scratch& scratch) {
  if (p.arp) return std::string_view("arp");
  if (!p.ip) return kUnknown;
  if (const char* name = packet::protocol_name(p.ip->protocol)) return std::string_view(name);
  scratch.clear();
  fmt::format_to(std::back_inserter(scratch), "{}", p.ip->protocol);
  return text_in(scratch);
}
Value proto(const Event& e, Scratch& scratch) {
  const Packet* p = e.packet();
  return p ? protocol_text(*p, scratch) : Value(kUnknown);
}

Value ttl(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  return p && p->ip && !p->made ? number(p->ip->ttl) : Value(kUnknown);
}

Value ip_id(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  return p && p->ip && p->ip->id && !p->made ? number(*p->ip->id) : Value(kUnknown);
}

Value fragment_offset(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  return p && p->ip && p->ip->is_fragment() ? number(p->ip->fragment_offset) : Value(kUnknown);
}

Value vlan(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  return p && p->vlan_count ? number(p->vlans().front().vlan_id()) : Value(kUnknown);
}

Value tcp_flags(const Event& e, Scratch& scratch) {
  static constexpr std::string_view kLetters = "FSRPAUEWe";
  const Packet* p = e.packet();
  if (!p || !p->tcp) return kUnknown;
  scratch.clear();
  for (size_t bit = 0; bit < kLetters.size(); bit++)
    if (p->tcp->flags & (1u << bit)) scratch.push_back(kLetters[bit] == 'A' ? '.' : kLetters[bit]);
  return scratch.size() ? text_in(scratch) : std::string_view("none");
}

Value arp_op(const Event& e, Scratch& scratch) {
  const Packet* p = e.packet();
  if (!p || !p->arp) return kUnknown;
  if (p->arp->operation == 1) return std::string_view("request");
  if (p->arp->operation == 2) return std::string_view("reply");
  scratch.clear();
  fmt::format_to(std::back_inserter(scratch), "{}", p->arp->operation);
  return text_in(scratch);
}

Value icmp_id(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  return p && p->icmp && p->icmp->is_echo() ? number(p->icmp->id()) : Value(kUnknown);
}
Value icmp_seq(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  return p && p->icmp && p->icmp->is_echo() ? number(p->icmp->seq()) : Value(kUnknown);
}

Value payload_len(const Event& e, Scratch&) {
  const Packet* p = e.packet();
  return p && p->payload_len ? number(*p->payload_len) : Value(kUnknown);
}

Value fault(const Event& e, Scratch& scratch) {
  if (e.has(REC_FLAG_NO_READ)) return std::string_view("the packet's bytes could not be read");
  const Packet* p = e.packet();
  if (!p) return kUnknown;
  scratch.clear();
  packet::append_fault(scratch, e.packet_bytes(), *p);
  return scratch.size() ? Value(text_in(scratch)) : Value(kUnknown);
}

// Fields of tags, labels, tunnels and the packets in them -----------------------------------------------------------

Value vlans(const Event& e, Scratch& scratch) {
  const Packet* p = e.packet();
  if (!p || !p->vlan_count) return kUnknown;
  scratch.clear();
  for (const auto& tag : p->vlans()) fmt::format_to(fmt::appender(scratch), "{},", tag.vlan_id());
  scratch.resize(scratch.size() - 1);
  return text_in(scratch);
}

// Of a packet and all that it carries, the first for which `of` knows a value.
template <typename Of>
Value first_known(const Event& e, Of of) {
  const Packet* p = e.packet();
  if (!p) return kUnknown;
  packet::Walk walk(e.packet_bytes(), *p);
  do {
    if (Value value = of(walk); !std::holds_alternative<std::monostate>(value)) return value;
  } while (walk.next());
  return kUnknown;
}

// The same of the innermost packet; unknown where there is no tunnel, MPLS or PPPoE.
template <typename Of>
Value of_innermost(const Event& e, Of of) {
  const Packet* p = e.packet();
  if (!p || !(p->inner || p->mpls || (p->pppoe && p->pppoe->is_session()))) return kUnknown;
  packet::Walk walk(e.packet_bytes(), *p);
  while (walk.next()) {
  }
  return of(walk);
}

template <typename Carried>
const Carried* carried(const packet::Walk& walk) {
  return std::get_if<Carried>(&walk.packet().carried);
}

Value mpls(const Event& e, Scratch& scratch) {
  return first_known(e, [&](const packet::Walk& walk) {
    const auto& stack = walk.packet().mpls;
    if (!stack || !stack->count) return Value(kUnknown);
    scratch.clear();
    for (const auto& label : stack->labels()) fmt::format_to(fmt::appender(scratch), "{},", label.label());
    scratch.resize(scratch.size() - 1);
    return Value(text_in(scratch));
  });
}
Value pppoe_session(const Event& e, Scratch&) {
  return first_known(e, [](const packet::Walk& walk) {
    const auto& pppoe = walk.packet().pppoe;
    return pppoe ? number(pppoe->session) : Value(kUnknown);
  });
}
Value tunnel(const Event& e, Scratch& scratch) {
  const Packet* p = e.packet();
  if (!p) return kUnknown;
  scratch.clear();
  packet::append_tunnels(scratch, e.packet_bytes(), *p);
  return scratch.size() ? Value(text_in(scratch)) : Value(kUnknown);
}
Value gre_key(const Event& e, Scratch&) {
  return first_known(e, [](const packet::Walk& walk) {
    const auto* gre = carried<packet::Gre>(walk);
    return gre && gre->key ? number(*gre->key) : Value(kUnknown);
  });
}

template <uint32_t packet::AuthenticationHeader::*OfAh, uint32_t packet::Esp::*OfEsp>
Value ipsec(const Event& e, Scratch&) {
  return first_known(e, [](const packet::Walk& walk) {
    if (walk.packet().ah) return number((*walk.packet().ah).*OfAh);
    const auto* esp = carried<packet::Esp>(walk);
    return esp ? number(esp->*OfEsp) : Value(kUnknown);
  });
}

Value inner(const Event& e, Scratch& scratch) {
  return of_innermost(e, [&](const packet::Walk& walk) {
    scratch.clear();
    packet::append_summary(scratch, walk.bytes(), walk.packet());
    return Value(text_in(scratch));
  });
}

template <packet::IpAddress packet::Ip::*Address>
Value inner_address(const Event& e, Scratch& scratch) {
  return of_innermost(e, [&](const packet::Walk& walk) {
    const auto& ip = walk.packet().ip;
    return ip ? address_text((*ip).*Address, scratch) : Value(kUnknown);
  });
}
template <uint16_t packet::Ports::*Port>
Value inner_port(const Event& e, Scratch&) {
  return of_innermost(e, [](const packet::Walk& walk) {
    const auto& ports = walk.packet().ports;
    return ports ? number((*ports).*Port) : Value(kUnknown);
  });
}
Value inner_proto(const Event& e, Scratch& scratch) {
  return of_innermost(e, [&](const packet::Walk& walk) { return protocol_text(walk.packet(), scratch); });
}

Value stp(const Event& e, Scratch& scratch) {
  return first_known(e, [&](const packet::Walk& walk) {
    const auto* bpdu = carried<packet::Stp>(walk);
    if (!bpdu) return Value(kUnknown);
    scratch.clear();
    packet::append_stp(scratch, *bpdu);
    return Value(text_in(scratch));
  });
}

template <auto Append>
Value lldp(const Event& e, Scratch& scratch) {
  return first_known(e, [&](const packet::Walk& walk) {
    const auto* found = carried<packet::Lldp>(walk);
    if (!found) return Value(kUnknown);
    scratch.clear();
    Append(scratch, walk.bytes(), *found);
    return scratch.size() ? Value(text_in(scratch)) : Value(kUnknown);
  });
}

// Fields of options, messages, transport protocols and what is in payloads ------------------------------------------

// What the bytes alone hold: unknown where nothing is appended.
template <auto Append>
Value from_bytes(const Event& e, Scratch& scratch) {
  const Packet* p = e.packet();
  if (!p || p->made) return kUnknown;
  scratch.clear();
  Append(scratch, e.packet_bytes(), *p);
  return scratch.size() ? Value(text_in(scratch)) : Value(kUnknown);
}

// A value of a packet that has headers of its own.
template <typename Of>
Value of_packet(const Event& e, Of of) {
  const Packet* p = e.packet();
  return p && !p->made ? of(*p) : Value(kUnknown);
}
template <typename Of>
Value of_ip(const Event& e, Of of) {
  return of_packet(e, [&](const Packet& p) { return p.ip ? of(*p.ip) : Value(kUnknown); });
}
template <typename Of>
Value of_icmp(const Event& e, Of of) {
  return of_packet(e, [&](const Packet& p) { return p.icmp ? of(*p.icmp) : Value(kUnknown); });
}
template <typename Of>
Value of_quoted(const Event& e, Of of) {
  return of_icmp(e, [&](const packet::Icmp& icmp) { return icmp.quoted ? of(*icmp.quoted) : Value(kUnknown); });
}
template <typename Part, typename Of>
Value of_transport(const Event& e, Of of) {
  return of_packet(e, [&](const Packet& p) {
    const Part* part = std::get_if<Part>(&p.transport);
    return part ? of(*part) : Value(kUnknown);
  });
}
Value tos(const Event& e, Scratch&) {
  return of_ip(e, [](const packet::Ip& ip) { return number(ip.tos); });
}
Value flow_label(const Event& e, Scratch&) {
  return of_ip(e, [](const packet::Ip& ip) { return ip.version == 6 ? number(ip.flow_label) : Value(kUnknown); });
}
Value ip_flags(const Event& e, Scratch&) {
  return of_ip(e, [](const packet::Ip& ip) -> Value {
    if (ip.dont_fragment) return std::string_view(ip.more_fragments ? "DF,MF" : "DF");
    return ip.more_fragments ? Value(std::string_view("MF")) : Value(kUnknown);
  });
}
Value ip6_ext(const Event& e, Scratch& scratch) {
  return of_packet(e, [&](const Packet& p) -> Value {
    scratch.clear();
    packet::append_extension_names(scratch, p);
    return scratch.size() ? Value(text_in(scratch)) : Value(kUnknown);
  });
}
Value tcp_window(const Event& e, Scratch&) {
  return of_packet(e, [](const Packet& p) { return p.tcp ? number(p.tcp->window) : Value(kUnknown); });
}
Value udp_len(const Event& e, Scratch&) {
  return of_packet(e, [](const Packet& p) { return p.udp ? number(p.udp->length) : Value(kUnknown); });
}

Value icmp_mtu(const Event& e, Scratch&) {
  return of_icmp(e, [](const packet::Icmp& icmp) -> Value {
    if (icmp.v6 && icmp.type == 2) return number(icmp.rest);
    if (!icmp.v6 && icmp.type == 3 && icmp.code == 4 && icmp.seq() != 0) return number(icmp.seq());
    return kUnknown;
  });
}
Value icmp_target(const Event& e, Scratch& scratch) {
  return of_icmp(e, [&](const packet::Icmp& icmp) -> Value {
    if (icmp.target) return address_text(*icmp.target, scratch);
    const bool redirect = !icmp.v6 && icmp.type == 5;
    return redirect ? address_text(packet::ipv4_address(icmp.rest), scratch) : Value(kUnknown);
  });
}

template <packet::IpAddress packet::Quoted::*Address>
Value quoted_address(const Event& e, Scratch& scratch) {
  return of_quoted(e, [&](const packet::Quoted& quoted) { return address_text(quoted.*Address, scratch); });
}
// Of IPv6, walked over on the way to the upper protocol.
bool is_extension(uint8_t protocol) {
  constexpr std::array<uint8_t, 7> kExtensions{
      packet::kProtoHopByHop, packet::kProtoRouting, packet::kProtoFragment, packet::kProtoDestOptions, 135, 139, 140};
  return std::find(kExtensions.begin(), kExtensions.end(), protocol) != kExtensions.end();
}

Value quoted_proto(const Event& e, Scratch& scratch) {
  return of_quoted(e, [&](const packet::Quoted& quoted) -> Value {
    // What the extension header leads to is not there.
    if (quoted.src.version == 6 && e.packet()->fault && is_extension(quoted.protocol)) return kUnknown;
    if (const char* name = packet::protocol_name(quoted.protocol)) return std::string_view(name);
    scratch.clear();
    fmt::format_to(std::back_inserter(scratch), "{}", quoted.protocol);
    return text_in(scratch);
  });
}
template <uint16_t packet::Ports::*Port>
Value quoted_port(const Event& e, Scratch&) {
  return of_quoted(
      e, [](const packet::Quoted& quoted) { return quoted.ports ? number((*quoted.ports).*Port) : Value(kUnknown); });
}

Value igmp_type(const Event& e, Scratch&) {
  return of_transport<packet::Igmp>(e, [](const packet::Igmp& igmp) { return number(igmp.type); });
}
Value nd_lladdr(const Event& e, Scratch& scratch) {
  return of_icmp(
      e, [&](const packet::Icmp& icmp) { return icmp.lladdr ? address_text(*icmp.lladdr, scratch) : Value(kUnknown); });
}
Value sctp_vtag(const Event& e, Scratch&) {
  return of_transport<packet::Sctp>(e, [](const packet::Sctp& sctp) { return number(sctp.tag); });
}
Value dccp_type(const Event& e, Scratch& scratch) {
  return of_transport<packet::Dccp>(e, [&](const packet::Dccp& dccp) -> Value {
    if (const char* name = packet::dccp_type_name(dccp.type)) return std::string_view(name);
    scratch.clear();
    fmt::format_to(std::back_inserter(scratch), "{}", dccp.type);
    return text_in(scratch);
  });
}

Value undecided(const Event& e, Scratch&) {
  if (!e.has(REC_FLAG_INDETERMINATE)) return {};
  return std::string_view(e.has(REC_FLAG_DIRECTION) ? "direction" : "not linear");
}

template <rec_flag Flag>
Value flag(const Event& e, Scratch&) {
  return e.has(REC_FLAG_SKB_NOT_OWNED) ? Value(kUnknown) : Value(e.has(Flag));
}

// Fields of the skb (--meta) ----------------------------------------------------------------------------------------

template <auto Member>
Value skb(const Event& e, Scratch&) {
  return e.skb ? number(static_cast<uint64_t>(e.skb->*Member)) : Value(kUnknown);
}

// From the part of the skb after its bytes, which may be unreadable.
template <auto Member>
Value shared(const Event& e, Scratch&) {
  return e.skb && e.skb->shared_known ? number(static_cast<uint64_t>(e.skb->*Member)) : Value(kUnknown);
}

// Offsets are 0xffff while unset.
template <auto Member>
Value offset(const Event& e, Scratch&) {
  return e.skb && e.skb->*Member != 0xffff ? number(static_cast<uint64_t>(e.skb->*Member)) : Value(kUnknown);
}

Value cloned(const Event& e, Scratch&) {
  return e.skb ? Value(e.skb->cloned != 0) : Value(kUnknown);
}
Value encapsulated(const Event& e, Scratch&) {
  return e.skb ? Value(e.skb->encapsulation != 0) : Value(kUnknown);
}

Value checksum(const Event& e, Scratch&) {
  static constexpr std::array<std::string_view, 4> kNames{"none", "unnecessary", "complete", "partial"};
  return e.skb ? Value(kNames[e.skb->ip_summed & 3]) : Value(kUnknown);
}

constexpr uint32_t kDevice = REC_SECTION_DEVICE;
constexpr uint32_t kTask = REC_SECTION_TASK;
constexpr uint32_t kDrop = REC_SECTION_DROP;
constexpr uint32_t kSkb = REC_SECTION_SKB;
constexpr uint32_t kBytes = REC_SECTION_BYTES;
// Too dear to be there unless named: unwinding a stack takes longer than all the rest.
#define SKBTRAIL_RARE(bit, NAME, name, tail, of) | REC_SECTION_##NAME
constexpr uint32_t kOnRequest =
    (0 REC_SECTIONS_RARE(SKBTRAIL_RARE)) &
    ~(REC_SECTION_ARGS | kDeciderSections | REC_SECTION_ROUTE | REC_SECTION_NEIGH | REC_SECTION_PROGRAM);
#undef SKBTRAIL_RARE

// What a protocol of messages brings, by its name.
Field of_message(std::string_view name) {
  static constexpr std::array<Type, 3> kTypes{Type::number, Type::hex, Type::text};  // packet::Shown
  const packet::MessageField& field = *packet::find_message_field(name);
  return {.name = name,
          .type = kTypes[static_cast<size_t>(field.shown)],
          .unit = "",
          .meaning = field.meaning,
          .section = kBytes,
          .meta = false,
          .width = field.width,
          .sparse = true,
          .get = nullptr,
          .message = &field};
}

std::vector<Field> make_fields() {
  using packet::Arp;
  using packet::Icmp;
  using packet::Ip;
  using packet::Ports;
  using packet::Tcp;
  constexpr bool meta = true;
  constexpr bool sparse = true;
  return {
      {"time", Type::time, "ns", "time of day, nanoseconds since 1970", 0, false, 15, false, time_of_day},
      {"mono", Type::number, "ns", "time on CLOCK_MONOTONIC", 0, false, 15, false, mono},
      {"cpu", Type::number, "", "CPU", 0, false, 3, false, cpu},
      {"netns", Type::text, "", "network namespace by name: of the device, else of the socket", kDevice, false, 5,
       false, netns},
      {"netns_inum", Type::number, "", "its inode number, as in /proc/PID/ns/net", kDevice, false, 10, false,
       netns_inum},
      {"ifname", Type::text, "", "device", kDevice, false, 6, false, ifname},
      {"ifindex", Type::number, "", "device's number in its namespace", kDevice, false, 7, false, ifindex},
      {"func", Type::text, "", "the probe that was hit", 0, false, 22, false, func},
      {"skb", Type::address, "", "address of the skb", 0, false, 18, false, skb_address},
      {"sk", Type::address, "", "address of its socket", 0, false, 18, false, sk_address},
      {"family", Type::text, "", "its family: inet, inet6, packet, unix, netlink, vsock, ...", kDevice, false, 7, false,
       family},
      {"len", Type::number, "bytes", "skb->len: from data to the end, fragments included", 0, false, 3, false, len},
      {"mark", Type::hex, "", "skb->mark", 0, false, 6, false, mark},
      {"protocol", Type::hex, "", "skb->protocol, an Ethernet type", 0, false, 8, false, protocol},
      {"pkt_type", Type::text, "", "whose packet: host, broadcast, multicast, otherhost, outgoing, ...", 0, false, 9,
       false, pkt_type},
      {"direction", Type::text, "", "in or out, at a device: by where it is seen, else by pkt_type", 0, true, 3, false,
       direction},
      {"context", Type::text, "", "process, softirq, hardirq, or interrupt: one of the two", kTask, false, 7, false,
       context},
      {"pid", Type::number, "", "process that does this itself; none in an interrupt", kTask, false, 4, false, pid},
      {"tid", Type::number, "", "its thread", kTask, false, 7, false, tid},
      {"comm", Type::text, "", "its name", kTask, false, 6, false, comm},
      {"task",
       Type::text,
       "",
       "comm/pid of a process that does this itself, else the context",
       kTask,
       false,
       9,
       false,
       task,
       {},
       nullptr,
       true},
      {"cpu_pid", Type::number, "", "process on the CPU, which in an interrupt is anybody's", kTask, false, 7, false,
       cpu_pid},
      {"cpu_comm", Type::text, "", "its name", kTask, false, 10, false, cpu_comm},
      {"packet", Type::text, "", "the packet in one line", kBytes, false, 0, false, summary},
      {"eth_src", Type::text, "", "source MAC address", kBytes, false, 17, false, eth_src},
      {"eth_dst", Type::text, "", "destination MAC address", kBytes, false, 17, false, eth_dst},
      {"vlan", Type::number, "", "outermost VLAN id, also where the tag is in the skb alone", kBytes, false, 4, false,
       vlan},
      {"proto", Type::text, "", "arp, or the protocol above IP by name, else its number", kBytes, false, 6, false,
       proto},
      {"ip_version", Type::number, "", "4 or 6", kBytes, false, 2, false, part<&Packet::ip, &Ip::version>},
      {"src", Type::text, "", "source address", kBytes, false, 15, false, src},
      {"dst", Type::text, "", "destination address", kBytes, false, 15, false, dst},
      {"sport", Type::number, "", "source port", kBytes, false, 5, false, part<&Packet::ports, &Ports::src>},
      {"dport", Type::number, "", "destination port", kBytes, false, 5, false, part<&Packet::ports, &Ports::dst>},
      {"ttl", Type::number, "", "time to live, hop limit", kBytes, false, 3, false, ttl},
      {"ip_id", Type::number, "", "identification", kBytes, false, 5, false, ip_id},
      {"fragment_offset", Type::number, "bytes", "of a fragment", kBytes, false, 5, false, fragment_offset},
      {"tcp_flags", Type::text, "", "as tcpdump writes them: S, S., P., F., R", kBytes, false, 4, false, tcp_flags},
      {"tcp_seq", Type::number, "", "sequence number", kBytes, false, 10, false, part<&Packet::tcp, &Tcp::seq>},
      {"tcp_ack", Type::number, "", "acknowledgement number", kBytes, false, 10, false, part<&Packet::tcp, &Tcp::ack>},
      {"icmp_type", Type::number, "", "ICMP or ICMPv6 type", kBytes, false, 3, false, part<&Packet::icmp, &Icmp::type>},
      {"icmp_code", Type::number, "", "ICMP or ICMPv6 code", kBytes, false, 3, false, part<&Packet::icmp, &Icmp::code>},
      {"icmp_id", Type::number, "", "echo identifier", kBytes, false, 5, false, icmp_id},
      {"icmp_seq", Type::number, "", "echo sequence number", kBytes, false, 5, false, icmp_seq},
      {"arp_op", Type::text, "", "request, reply, or a number", kBytes, false, 7, false, arp_op},
      {"payload_len", Type::number, "bytes", "after the innermost header, as the headers say", kBytes, false, 5, false,
       payload_len},
      {"vlans", Type::text, "", "all VLAN ids, outermost first: 100,20", kBytes, false, 8, sparse, vlans},
      {"mpls", Type::text, "", "labels of the outermost MPLS stack, outermost first: 16,17", kBytes, false, 8, sparse,
       mpls},
      {"pppoe_session", Type::number, "", "PPPoE session id", kBytes, false, 5, sparse, pppoe_session},
      {"tunnel", Type::text, "", "what packets are carried in, outermost first: ipip, 6in4, gre, vxlan, mpls, ...",
       kBytes, false, 8, sparse, tunnel},
      of_message("vni"),
      {"gre_key", Type::hex, "", "key of the outermost GRE", kBytes, false, 10, sparse, gre_key},
      {"spi", Type::hex, "", "security parameters index of the outermost AH or ESP", kBytes, false, 10, sparse,
       ipsec<&packet::AuthenticationHeader::spi, &packet::Esp::spi>},
      {"ipsec_seq", Type::number, "", "its sequence number", kBytes, false, 10, sparse,
       ipsec<&packet::AuthenticationHeader::seq, &packet::Esp::seq>},
      {"inner", Type::text, "", "the innermost packet in one line, where one is carried", kBytes, false, 0, sparse,
       inner},
      {"inner_proto", Type::text, "", "proto of the innermost packet", kBytes, false, 6, sparse, inner_proto},
      {"inner_src", Type::text, "", "its source address", kBytes, false, 15, sparse, inner_address<&Ip::src>},
      {"inner_dst", Type::text, "", "its destination address", kBytes, false, 15, sparse, inner_address<&Ip::dst>},
      {"inner_sport", Type::number, "", "its source port", kBytes, false, 5, sparse, inner_port<&Ports::src>},
      {"inner_dport", Type::number, "", "its destination port", kBytes, false, 5, sparse, inner_port<&Ports::dst>},
      {"stp", Type::text, "", "what a spanning tree's PDU says", kBytes, false, 0, sparse, stp},
      {"lldp_chassis", Type::text, "", "LLDP: the sender's chassis", kBytes, false, 17, sparse,
       lldp<packet::append_lldp_chassis>},
      {"lldp_port", Type::text, "", "LLDP: its port", kBytes, false, 8, sparse, lldp<packet::append_lldp_port>},
      {"lldp_name", Type::text, "", "LLDP: its name", kBytes, false, 8, sparse, lldp<packet::append_lldp_name>},
      {"tos", Type::hex, "", "type of service or traffic class: DSCP and ECN", kBytes, false, 4, sparse, tos},
      {"flow_label", Type::hex, "", "IPv6 flow label", kBytes, false, 7, sparse, flow_label},
      {"ip_flags", Type::text, "", "DF, MF", kBytes, false, 2, sparse, ip_flags},
      {"ip_options", Type::text, "", "options of IPv4, or in IPv6 extension headers, by name", kBytes, false, 8, sparse,
       from_bytes<packet::append_ip_options>},
      {"ip6_ext", Type::text, "", "IPv6 extension headers: hbh,routing,frag,dstopt,...", kBytes, false, 8, sparse,
       ip6_ext},
      {"tcp_window", Type::number, "", "as in the header, not scaled", kBytes, false, 5, sparse, tcp_window},
      {"tcp_options", Type::text, "", "as tcpdump writes them", kBytes, false, 0, sparse,
       from_bytes<packet::append_tcp_options>},
      {"udp_len", Type::number, "bytes", "of header and payload, as the header says", kBytes, false, 5, sparse,
       udp_len},
      {"icmp_mtu", Type::number, "bytes", "that a packet was too big for", kBytes, false, 5, sparse, icmp_mtu},
      {"icmp_target", Type::text, "", "address that neighbor discovery asks for, MLD's group, gateway of a redirect",
       kBytes, false, 15, sparse, icmp_target},
      {"quoted_src", Type::text, "", "source address of the packet that an ICMP error is about", kBytes, false, 15,
       sparse, quoted_address<&packet::Quoted::src>},
      {"quoted_dst", Type::text, "", "its destination address", kBytes, false, 15, sparse,
       quoted_address<&packet::Quoted::dst>},
      {"quoted_proto", Type::text, "", "its protocol", kBytes, false, 6, sparse, quoted_proto},
      {"quoted_sport", Type::number, "", "its source port", kBytes, false, 5, sparse, quoted_port<&Ports::src>},
      {"quoted_dport", Type::number, "", "its destination port", kBytes, false, 5, sparse, quoted_port<&Ports::dst>},
      {"igmp_type", Type::number, "", "IGMP type: 17 query, 22 report, 23 leave, 34 report of version 3", kBytes, false,
       3, sparse, igmp_type},
      {"igmp_group", Type::text, "", "its group, or those of the records in a report of version 3", kBytes, false, 15,
       sparse, from_bytes<packet::append_igmp_groups>},
      {"mld_groups", Type::text, "", "groups in a message of MLD", kBytes, false, 15, sparse,
       from_bytes<packet::append_mld_groups>},
      {"nd_lladdr", Type::text, "", "link-layer address in the options of neighbor discovery", kBytes, false, 17,
       sparse, nd_lladdr},
      {"sctp_vtag", Type::hex, "", "verification tag", kBytes, false, 10, sparse, sctp_vtag},
      {"sctp_chunks", Type::text, "", "chunks by name: DATA, SACK, INIT, ...", kBytes, false, 8, sparse,
       from_bytes<packet::append_sctp_chunks>},
      {"dccp_type", Type::text, "", "Request, Response, Data, Ack, ...", kBytes, false, 8, sparse, dccp_type},
      {"made_headers", Type::boolean, "", "the skb lacks headers yet; what is shown comes from its socket", kBytes,
       false, 3, false, flag<REC_FLAG_SYNTHESIZED>},
      {"unwritten", Type::text, "", "headers not written yet: all, udp, or length (and checksum) of the IP header",
       kBytes, false, 6, sparse, unwritten},
      {"nonlinear", Type::boolean, "", "part of the packet is in page fragments", kBytes, false, 3, false,
       flag<REC_FLAG_NONLINEAR>},
      {"undecided", Type::text, "", "why the packet filter could not be evaluated for this event", kBytes, false, 9,
       true, undecided},
      {"fault", Type::text, "", "why the packet could not be decoded further", kBytes, false, 0, sparse, fault},
      {"drop_reason", Type::text, "", "why the skb was dropped, by the kernel's name", kDrop, false, 0, sparse,
       drop_reason},
      {"location", Type::text, "", "where the skb was freed, function+offset", kDrop, false, 0, sparse, location},
      {"benign", Type::text, "", "why this drop is nothing wrong", kDrop | kBytes, false, 0, sparse, benign},
      {"result", Type::integer, "", "net_dev_xmit: what the driver returned, 0 for sent", 0, false, 0, sparse, result},
      {"return_value", Type::integer, "", "what the function returned, as a number", 0, false, 0, sparse, return_value},
      {"returned", Type::text, "", "the function returned this, by name; the rest is as it was when it was entered", 0,
       false, 0, sparse, returned},
      {"args", Type::object, "", "what the tracepoint hands out, by its format file", REC_SECTION_ARGS, false, 0,
       sparse, arguments},
      {"caller", Type::text, "", "what hit the tracepoint, or called the function", REC_SECTION_CALLER, false, 0,
       sparse, caller},
      {"stack", Type::lines, "", "return addresses, innermost first", REC_SECTION_STACK, false, 0, sparse, stack},
      {"stack_unknown", Type::boolean, "", "its stack was asked for, and could not be taken or kept (--stack-map)",
       REC_SECTION_STACK, false, 0, sparse, stack_unknown},
      {"late", Type::boolean, "", "this event is out of order: it came after the delay for which order is kept", 0,
       false, 0, sparse, late},
      {"data_len", Type::number, "bytes", "in page fragments", kSkb, meta, 5, sparse, skb<&rec_skb::data_len>},
      {"truesize", Type::number, "bytes", "memory that the skb accounts for", kSkb, meta, 5, sparse,
       skb<&rec_skb::truesize>},
      {"headroom", Type::number, "bytes", "data - head", kSkb, meta, 5, sparse, skb<&rec_skb::headroom>},
      {"mac_header", Type::number, "bytes", "offset of the link header from head", kSkb, meta, 5, sparse,
       offset<&rec_skb::mac_header>},
      {"network_header", Type::number, "bytes", "offset of the network header from head; 0 where not set yet", kSkb,
       meta, 5, sparse, offset<&rec_skb::network_header>},
      {"transport_header", Type::number, "bytes", "offset of the transport header from head", kSkb, meta, 5, sparse,
       offset<&rec_skb::transport_header>},
      {"tail", Type::number, "bytes", "end of the linear part from head", kSkb, meta, 5, sparse, skb<&rec_skb::tail>},
      {"end", Type::number, "bytes", "end of the buffer from head", kSkb, meta, 5, sparse, skb<&rec_skb::end>},
      {"mac_len", Type::number, "bytes", "length of the link header", kSkb, meta, 3, sparse, skb<&rec_skb::mac_len>},
      {"queue", Type::number, "", "queue_mapping", kSkb, meta, 3, sparse, skb<&rec_skb::queue_mapping>},
      {"hash", Type::hex, "", "flow hash, 0 if none", kSkb, meta, 10, sparse, skb<&rec_skb::hash>},
      {"priority", Type::number, "", "skb->priority", kSkb, meta, 3, sparse, skb<&rec_skb::priority>},
      {"napi_id", Type::number, "", "NAPI context it came from, or the sender's CPU + 1", kSkb, meta, 3, sparse,
       skb<&rec_skb::napi_id>},
      {"iif", Type::number, "", "ifindex of the device it arrived on, 0 if none", kSkb, meta, 3, sparse,
       skb<&rec_skb::iif>},
      {"checksum", Type::text, "", "ip_summed: none, unnecessary, complete, partial", kSkb, meta, 11, sparse, checksum},
      {"gso_size", Type::number, "bytes", "segment size, 0 if not to be segmented", kSkb, meta, 4, sparse,
       shared<&rec_skb::gso_size>},
      {"gso_segs", Type::number, "", "segments that are made of it", kSkb, meta, 4, sparse, shared<&rec_skb::gso_segs>},
      {"gso_type", Type::hex, "", "SKB_GSO_* bits", kSkb, meta, 6, sparse, shared<&rec_skb::gso_type>},
      {"frags", Type::number, "", "page fragments", kSkb, meta, 3, sparse, shared<&rec_skb::nr_frags>},
      {"dataref", Type::number, "", "references to the bytes", kSkb, meta, 3, sparse, shared<&rec_skb::dataref>},
      {"users", Type::number, "", "references to the skb", kSkb, meta, 3, sparse, skb<&rec_skb::users>},
      {"cloned", Type::boolean, "", "the bytes may be shared with a clone", kSkb, meta, 3, sparse, cloned},
      {"encapsulation", Type::boolean, "", "the inner headers are set: it is, or was, in a tunnel", kSkb, meta, 3,
       sparse, encapsulated},
  };
}

// In front of the first field that is not made from the packet: those that the protocols of messages bring, but for
// the ones that are among others.
std::vector<Field> with_messages(std::vector<Field> all) {
  std::vector<Field> more;
  for (const auto* field : packet::message_fields()) {
    const auto has_its_name = [&](const Field& other) { return other.name == field->name; };
    if (std::none_of(all.begin(), all.end(), has_its_name)) more.push_back(of_message(field->name));
  }
  const auto position =
      std::find_if(all.begin(), all.end(), [](const Field& field) { return field.name == "made_headers"; });
  all.insert(position, more.begin(), more.end());
  return all;
}

// And those that are beside their sections (section/).
std::vector<Field> with(std::vector<Field> all, std::initializer_list<std::vector<Field>> more) {
  for (const auto& fields : more) all.insert(all.end(), fields.begin(), fields.end());
  return all;
}

std::vector<const Field*> named(std::initializer_list<std::string_view> names) {
  std::vector<const Field*> chosen;
  for (auto name : names) chosen.push_back(find_field(name));
  return chosen;
}

const Field* field_or_throw(const std::string& name) {
  if (const Field* field = find_field(name)) return field;
  std::vector<std::string> names;
  for (const auto& field : fields()) names.emplace_back(field.name);
  if (const auto hint = text::hint_for(text::field_habits(), name); !hint.empty())
    throw std::invalid_argument(fmt::format("--fields: unknown field '{}'; {}", name, hint));
  std::string near = text::nearest(name, names);
  throw std::invalid_argument(fmt::format("--fields: unknown field '{}'{}", name,
                                          near.empty() ? "; '?' lists them" : "; did you mean '" + near + "'?"));
}

}  // namespace

void append_packet_line(Scratch& scratch, const Event& event, const Packet& packet) {
  packet::append_summary(scratch, event.packet_bytes(), packet);
  scratch.append(what_is_unwritten(event));
}

const std::vector<Field>& fields() {
  static const std::vector<Field> all = with(
      with_messages(make_fields()), {conntrack_fields(), nat_fields(), sent_fields(), decision_fields(), hook_fields(),
                                     tc_fields(), ipvs_fields(), xfrm_fields(), rule_fields(), program_fields(),
                                     route_fields(), neigh_fields(), cgroup_fields(), trail_fields()});
  return all;
}

const Field* find_field(std::string_view name) {
  for (const auto& field : fields())
    if (field.name == name) return &field;
  return nullptr;
}

std::vector<const Field*> choose_fields(std::string_view list, const std::vector<const Field*>& defaults) {
  std::vector<std::string> words = text::split_list(list);
  if (words.empty()) throw std::invalid_argument("--fields: the list is empty");
  auto changes = [](const std::string& word) { return word.front() == '+' || word.front() == '-'; };
  std::vector<const Field*> chosen;
  if (std::all_of(words.begin(), words.end(), changes))
    chosen = defaults;
  else if (std::any_of(words.begin(), words.end(), changes))
    throw std::invalid_argument(
        "--fields: either a whole list (a,b) or changes to the default one (+a,-b), not both at once");
  for (const auto& word : words) {
    const Field* field = field_or_throw(changes(word) ? word.substr(1) : word);
    std::erase(chosen, field);
    if (word.front() != '-') chosen.push_back(field);
  }
  if (chosen.empty()) throw std::invalid_argument("--fields: nothing is left to show");
  return chosen;
}

std::vector<const Field*> default_columns(bool verbose, bool meta) {
  auto chosen = verbose
                    ? named({"time",     "netns",  "ifname", "func",      "task",        "cpu",      "len",    "mark",
                             "skb",      "packet", "fault",  "undecided", "drop_reason", "location", "benign", "sends",
                             "decision", "route",  "neigh",  "result",    "returned",    "args",     "late"})
                    : named({"time", "netns", "ifname", "func", "packet", "undecided", "drop_reason", "location",
                             "benign", "sends", "decision", "route", "neigh", "result", "returned", "args", "late"});
  if (meta)
    for (const auto& field : fields())
      if (field.meta) chosen.push_back(&field);
  return chosen;
}

std::vector<const Field*> default_keys(bool meta) {
  std::vector<const Field*> chosen;
  for (const auto& field : fields())
    if ((!field.meta || meta) && !(field.section & kOnRequest) && !field.on_request && field.known == Known::with_event)
      chosen.push_back(&field);
  return chosen;
}

uint32_t sections_of(const std::vector<const Field*>& chosen) {
  uint32_t sections = 0;
  for (const auto* field : chosen) sections |= field->section;
  return sections;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::time: return "time";
    case Type::number: return "number";
    case Type::integer: return "integer";
    case Type::address: return "address";
    case Type::hex: return "hex";
    case Type::text: return "text";
    case Type::boolean: return "bool";
    case Type::lines: return "lines";
    case Type::list: return "list";
    case Type::object: return "object";
  }
  return "";
}

}  // namespace skbtrail::event
