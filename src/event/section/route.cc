#include "event/section/route.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "packet/address.h"
#include "text/error_name.h"
#include "text/fixed_text.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kRoute = REC_SECTION_ROUTE;

// RTN_*, include/uapi/linux/rtnetlink.h, as ip-route(8) calls them.
constexpr std::array<std::string_view, 12> kTypes{"unspec",   "unicast",   "local",     "broadcast",
                                                  "anycast",  "multicast", "blackhole", "unreachable",
                                                  "prohibit", "throw",     "nat",       "xresolve"};

struct Refusal {
  uint8_t type;
  int error;
};

// Routes that refuse, and their errno: fib_props of net/ipv4/fib_semantics.c, fib6_prop of net/ipv6/route.c. That of
// `throw` is also that of a table without a route.
constexpr Refusal kRefusals[] = {{RTN_BLACKHOLE, EINVAL}, {RTN_UNREACHABLE, EHOSTUNREACH}, {RTN_PROHIBIT, EACCES}};

const rec_route* asked(const Event& event) {
  return event.route && event.route->known & REC_ROUTE_ASKED ? event.route : nullptr;
}

const rec_route* found(const Event& event) {
  return event.route && event.route->known & REC_ROUTE_FOUND ? event.route : nullptr;
}

packet::IpAddress address_of(const uint8_t (&bytes)[16], uint8_t family) {
  return packet::ip_address(bytes, family == AF_INET6);
}

bool is_any(const packet::IpAddress& address) {
  return std::all_of(address.bytes.begin(), address.bytes.end(), [](uint8_t byte) { return byte == 0; });
}

std::string_view device_of(const rec_route& route) {
  return text::fixed_text(route.device);
}

// RTN_*; 0: unknown, or there is none.
uint8_t type_of(const Event& event) {
  const rec_route* route = asked(event);
  if (!route) return 0;
  if (route->known & REC_ROUTE_TYPE) return route->type;
  if (route->known & REC_ROUTE_FOUND) return 0;
  for (const Refusal& refusal : kRefusals)
    if (route->error == -refusal.error) return refusal.type;
  return 0;
}

// An errno; 0: there is a route that leads somewhere. EAGAIN: none in this table.
int error_of(const Event& event) {
  const rec_route* route = asked(event);
  if (!route) return 0;
  if (route->error < 0) return -route->error;
  if (!(route->known & REC_ROUTE_FOUND)) return EAGAIN;
  for (const Refusal& refusal : kRefusals)
    if (type_of(event) == refusal.type) return refusal.error;
  return type_of(event) == RTN_THROW ? EAGAIN : 0;
}

// It is to where the packet came from: whether that is right, or how it is answered.
bool is_back(const Event& event) {
  const packet::Packet* packet = event.packet();
  return packet && packet->ip && !is_any(packet->ip->src) &&
         packet->ip->src == address_of(event.route->destination, event.route->family);
}

bool is_local4(const rec_route& route) {
  return route.family == AF_INET && route.table == RT_TABLE_LOCAL && !(route.known & REC_ROUTE_FOUND);
}

void append(Scratch& out, std::string_view word, const packet::IpAddress& address) {
  out.append(word);
  packet::append_address(out, address);
}

template <void (*Append)(Scratch&, const Event&)>
Value text_of(const Event& event, Scratch& scratch) {
  scratch.clear();
  Append(scratch, event);
  return text::text_in(scratch);
}

Value type(const Event& event, Scratch&) {
  const auto name = route_type(event);
  return name.empty() ? Value(kUnknown) : Value(name);
}

Value error(const Event& event, Scratch& scratch) {
  scratch.clear();
  scratch.append(route_error(event));
  return text::text_in(scratch);
}

Value address(const Event& event, Scratch& scratch, const uint8_t (rec_route::*bytes)[16], uint8_t family) {
  const auto address = address_of(event.route->*bytes, family);
  if (is_any(address)) return kUnknown;
  scratch.clear();
  packet::append_address(scratch, address);
  return text::text_in(scratch);
}

Value source(const Event& event, Scratch& scratch) {
  return asked(event) ? address(event, scratch, &rec_route::source, event.route->family) : kUnknown;
}

Value destination(const Event& event, Scratch& scratch) {
  return asked(event) ? address(event, scratch, &rec_route::destination, event.route->family) : kUnknown;
}

Value gateway(const Event& event, Scratch& scratch) {
  const bool has = found(event) && event.route->gateway_family;
  return has ? address(event, scratch, &rec_route::gateway, event.route->gateway_family) : kUnknown;
}

Value preferred(const Event& event, Scratch& scratch) {
  return found(event) ? address(event, scratch, &rec_route::preferred, event.route->family) : kUnknown;
}

Value device(const Event& event, Scratch&) {
  return found(event) && event.route->ifindex ? Value(device_of(*event.route)) : Value(kUnknown);
}

// Zero is "any": nothing was asked.
template <uint32_t rec_route::*Member>
Value asked_number(const Event& event, Scratch&) {
  return asked(event) && event.route->*Member ? Value(uint64_t{event.route->*Member}) : Value(kUnknown);
}

template <uint8_t rec_route::*Member>
Value asked_byte(const Event& event, Scratch&) {
  return asked(event) ? Value(uint64_t{event.route->*Member}) : Value(kUnknown);
}

template <__be16 rec_route::*Member>
Value asked_port(const Event& event, Scratch&) {
  return asked(event) && event.route->*Member ? Value(uint64_t{ntohs(event.route->*Member)}) : Value(kUnknown);
}

}  // namespace

std::string_view route_type(const Event& event) {
  const uint8_t type = type_of(event);
  return type && type < kTypes.size() ? kTypes[type] : std::string_view();
}

std::string route_error(const Event& event) {
  const int number = error_of(event);
  return number ? text::error_name(number) : "";
}

// The numbers that have names without any file (iproute2, lib/rt_names.c).
void append_route_table(Scratch& out, const Event& event) {
  if (!asked(event)) return;
  switch (event.route->table) {
    case RT_TABLE_LOCAL: return out.append(std::string_view("local"));
    case RT_TABLE_MAIN: return out.append(std::string_view("main"));
    case RT_TABLE_DEFAULT: return out.append(std::string_view("default"));
    default: fmt::format_to(std::back_inserter(out), "{}", event.route->table);
  }
}

void append_route(Scratch& out, const Event& event) {
  const rec_route* route = asked(event);
  if (!route) return;
  const int error = error_of(event);
  const uint8_t type = type_of(event);
  const bool is_none = error == EAGAIN && type != RTN_THROW;
  if (is_none) {
    out.append(std::string_view("no "));
  } else if (type && type != RTN_UNICAST) {
    out.append(route_type(event));
    out.push_back(' ');
  }
  append(out, is_back(event) ? "route back to " : "route to ", address_of(route->destination, route->family));
  if (route->known & REC_ROUTE_FOUND && !error) {
    if (route->gateway_family) append(out, " via ", address_of(route->gateway, route->gateway_family));
    if (route->ifindex) fmt::format_to(std::back_inserter(out), " dev {}", device_of(*route));
    const auto source = address_of(route->preferred, route->family);
    if (!is_any(source)) append(out, " src ", source);
  }
  out.append(std::string_view(is_none ? " in table " : " table "));
  append_route_table(out, event);
  // Both are one trie as long as no rules were added (fib_trie_table(), net/ipv4/fib_trie.c), and no route is told.
  if (error && !is_none && is_local4(*route)) out.append(std::string_view(" or main"));
  if (error && !is_none) fmt::format_to(std::back_inserter(out), ": {}", text::error_name(error));
}

std::vector<Field> route_fields() {
  constexpr bool sparse = true;
  return {
      {"route", Type::text, "",
       "what a routing table answered, in words: route to 10.0.0.2 via 10.0.0.1 dev eth0 table main", kRoute, false, 40,
       sparse, text_of<append_route>},
      {"route_type", Type::text, "", "of the route: unicast, local, blackhole, unreachable, prohibit, throw, ...",
       kRoute, false, 11, sparse, type},
      {"route_table", Type::text, "", "of the route, or the one that has none: main, local, default, or its number",
       kRoute, false, 7, sparse, text_of<append_route_table>},
      {"route_dst", Type::text, "", "address that was looked up", kRoute, false, 15, sparse, destination},
      {"route_src", Type::text, "", "source address of what is sent there, if that was told", kRoute, false, 15, sparse,
       source},
      {"route_gateway", Type::text, "", "next hop of the route, if it is not the destination itself", kRoute, false, 15,
       sparse, gateway},
      {"route_dev", Type::text, "", "device of the route", kRoute, false, 8, sparse, device},
      {"route_prefsrc", Type::text, "", "source address that the route asks for", kRoute, false, 15, sparse, preferred},
      {"route_error", Type::text, "", "why there is none, by errno; EAGAIN: not in this table", kRoute, false, 12,
       sparse, error},
      {"route_oif", Type::number, "", "device number that the route has to lead to, if asked", kRoute, false, 5, sparse,
       asked_number<&rec_route::oif>},
      {"route_iif", Type::number, "", "device number that it is looked up for, 1: this host's own", kRoute, false, 5,
       sparse, asked_number<&rec_route::iif>},
      {"route_mark", Type::hex, "", "mark that it is looked up for", kRoute, false, 6, sparse,
       asked_number<&rec_route::mark>},
      {"route_proto", Type::number, "", "IP protocol that it is looked up for; 0: any", kRoute, false, 5, sparse,
       asked_byte<&rec_route::protocol>},
      {"route_tos", Type::number, "", "TOS or DSCP that it is looked up for", kRoute, false, 5, sparse,
       asked_byte<&rec_route::tos>},
      {"route_scope", Type::number, "", "scope that the route has to have at least", kRoute, false, 5, sparse,
       asked_byte<&rec_route::scope>},
      {"route_sport", Type::number, "", "source port that it is looked up for, if told", kRoute, false, 5, sparse,
       asked_port<&rec_route::sport>},
      {"route_dport", Type::number, "", "destination port, the same", kRoute, false, 5, sparse,
       asked_port<&rec_route::dport>},
  };
}

}  // namespace skbtrail::event
