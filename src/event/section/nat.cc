#include "event/section/nat.h"

#include <arpa/inet.h>

#include <algorithm>

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kNat = REC_SECTION_NAT;

// Of ICMP conntrack has an identifier there, and what kind of message it is.
bool has_ports(uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
         protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

Endpoint endpoint(const rec_nat& nat, const __u8 (&address)[16], __be16 port) {
  Endpoint endpoint;
  endpoint.address = packet::ip_address(address, nat.family == AF_INET6);
  if (has_ports(nat.protocol)) endpoint.port = ntohs(port);
  return endpoint;
}

Endpoint source_of(const rec_nat& nat, const rec_tuple& tuple) {
  return endpoint(nat, tuple.source, tuple.source_port);
}

Endpoint destination_of(const rec_nat& nat, const rec_tuple& tuple) {
  return endpoint(nat, tuple.destination, tuple.destination_port);
}

bool is_known(const Event& event) {
  return event.nat && event.nat->known;
}

std::optional<Translation> translation(const Endpoint& from, const Endpoint& to) {
  return from == to ? std::nullopt : std::optional(Translation{from, to});
}

// The fields of one tuple.
template <rec_tuple rec_nat::*Tuple, Endpoint (*End)(const rec_nat& nat, const rec_tuple& tuple)>
Value address(const Event& event, Scratch& scratch) {
  if (!is_known(event)) return kUnknown;
  scratch.clear();
  packet::append_address(scratch, End(*event.nat, event.nat->*Tuple).address);
  return text::text_in(scratch);
}

template <rec_tuple rec_nat::*Tuple, Endpoint (*End)(const rec_nat& nat, const rec_tuple& tuple)>
Value port(const Event& event, Scratch&) {
  if (!is_known(event)) return kUnknown;
  const auto port = End(*event.nat, event.nat->*Tuple).port;
  return port ? Value(uint64_t{*port}) : Value(kUnknown);
}

Value nat(const Event& event, Scratch& scratch) {
  scratch.clear();
  append_translation(scratch, event);
  return scratch.size() ? Value(text::text_in(scratch)) : Value(kUnknown);
}

void append(Scratch& out, std::string_view what, const std::optional<Translation>& translation) {
  if (!translation) return;
  fmt::format_to(fmt::appender(out), "{}{} ", out.size() ? ", " : "", what);
  packet::append_endpoint(out, translation->from.address, translation->from.port);
  out.append(std::string_view(" > "));
  packet::append_endpoint(out, translation->to.address, translation->to.port);
}

}  // namespace

std::optional<Translation> source_translation(const Event& event) {
  if (!is_known(event)) return std::nullopt;
  return translation(source_of(*event.nat, event.nat->original), destination_of(*event.nat, event.nat->reply));
}

std::optional<Translation> destination_translation(const Event& event) {
  if (!is_known(event)) return std::nullopt;
  return translation(destination_of(*event.nat, event.nat->original), source_of(*event.nat, event.nat->reply));
}

bool is_translated(const Event& event, const Endpoint& from, const Endpoint& to) {
  const auto is = [](const Endpoint& end, const Endpoint& other) {
    return end.address == other.address && (!end.port || !other.port || end.port == other.port);
  };
  for (const auto& one : {source_translation(event), destination_translation(event)})
    if (one && ((is(from, one->from) && is(to, one->to)) || (is(from, one->to) && is(to, one->from)))) return true;
  return false;
}

void append_translation(Scratch& out, const Event& event) {
  append(out, "src", source_translation(event));
  append(out, "dst", destination_translation(event));
}

std::vector<Field> nat_fields() {
  constexpr bool sparse = true;
  constexpr auto kOriginal = &rec_nat::original, kReply = &rec_nat::reply;
  return {
      {"nat", Type::text, "", "what its connection's addresses become: src 10.0.0.2:41012 > 203.0.113.9:2051", kNat,
       false, 30, sparse, nat},
      {"ct_src", Type::text, "", "source of the connection's first packet, as it came", kNat, false, 15, sparse,
       address<kOriginal, source_of>},
      {"ct_sport", Type::number, "", "its port", kNat, false, 5, sparse, port<kOriginal, source_of>},
      {"ct_dst", Type::text, "", "its destination, as it came", kNat, false, 15, sparse,
       address<kOriginal, destination_of>},
      {"ct_dport", Type::number, "", "its port", kNat, false, 5, sparse, port<kOriginal, destination_of>},
      {"ct_reply_src", Type::text, "", "source of answers: where packets go, once they are translated", kNat, false, 15,
       sparse, address<kReply, source_of>},
      {"ct_reply_sport", Type::number, "", "its port", kNat, false, 5, sparse, port<kReply, source_of>},
      {"ct_reply_dst", Type::text, "", "destination of answers: where packets come from, once they are translated",
       kNat, false, 15, sparse, address<kReply, destination_of>},
      {"ct_reply_dport", Type::number, "", "its port", kNat, false, 5, sparse, port<kReply, destination_of>},
  };
}

}  // namespace skbtrail::event
