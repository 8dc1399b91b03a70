#include "event/section/ipvs.h"

#include <arpa/inet.h>
#include <linux/ip_vs.h>

#include <array>

#include "packet/address.h"
#include "packet/protocol_names.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kIpvs = REC_SECTION_IPVS;

// IP_VS_CONN_F_FWD_MASK, include/uapi/linux/ip_vs.h, as ipvsadm(8) calls them.
constexpr std::array<std::string_view, 5> kMethods{"masq", "local", "tunnel", "route", "bypass"};

bool is_of(const Event& event, rec_ipvs_what what) {
  return event.ipvs && event.ipvs->what == what;
}

std::string_view method_of(const rec_ipvs& ipvs) {
  const uint32_t method = ipvs.flags & IP_VS_CONN_F_FWD_MASK;
  return method < kMethods.size() ? kMethods[method] : std::string_view();
}

void append_client(Scratch& out, const rec_ipvs& ipvs) {
  packet::append_endpoint(out, packet::ip_address(ipvs.client, ipvs.family == AF_INET6), ntohs(ipvs.client_port));
}

void append_service(Scratch& out, const rec_ipvs& ipvs) {
  if (ipvs.mark) {
    fmt::format_to(fmt::appender(out), "mark {}", ipvs.mark);
    return;
  }
  if (const char* name = packet::protocol_name(static_cast<uint8_t>(ipvs.protocol)))
    fmt::format_to(fmt::appender(out), "{} ", name);
  packet::append_endpoint(out, packet::ip_address(ipvs.virtual_address, ipvs.family == AF_INET6),
                          ntohs(ipvs.virtual_port));
}

void append_destination(Scratch& out, const rec_ipvs& ipvs) {
  packet::append_endpoint(out, packet::ip_address(ipvs.destination, ipvs.destination_family == AF_INET6),
                          ntohs(ipvs.destination_port));
}

template <void (*Append)(Scratch&, const rec_ipvs&), bool OfServices = false>
Value text_of(const Event& event, Scratch& scratch) {
  if (!is_of(event, REC_IPVS_CONNECTION) && !(OfServices && is_of(event, REC_IPVS_SERVICE))) return kUnknown;
  scratch.clear();
  Append(scratch, *event.ipvs);
  return text::text_in(scratch);
}

Value method(const Event& event, Scratch&) {
  const auto name = is_of(event, REC_IPVS_CONNECTION) ? method_of(*event.ipvs) : std::string_view();
  return name.empty() ? Value(kUnknown) : Value(name);
}

}  // namespace

void append_ipvs(Scratch& out, const Event& event) {
  if (!event.ipvs || event.ipvs->what == REC_IPVS_UNKNOWN) return;
  append_service(out, *event.ipvs);
  if (event.ipvs->what == REC_IPVS_SERVICE) return out.append(std::string_view(" without a destination"));
  out.append(std::string_view(" > "));
  append_destination(out, *event.ipvs);
  if (const auto name = method_of(*event.ipvs); !name.empty()) fmt::format_to(fmt::appender(out), " {}", name);
}

std::vector<Field> ipvs_fields() {
  constexpr bool sparse = true;
  return {
      {"ipvs_service", Type::text, "", "service of IPVS: tcp 10.0.0.1:80", kIpvs, false, 22, sparse,
       text_of<append_service, true>},
      {"ipvs_client", Type::text, "", "client of its connection", kIpvs, false, 21, sparse, text_of<append_client>},
      {"ipvs_destination", Type::text, "", "where it is sent", kIpvs, false, 21, sparse, text_of<append_destination>},
      {"ipvs_method", Type::text, "", "how: masq, route, tunnel, local, bypass", kIpvs, false, 6, sparse, method},
  };
}

}  // namespace skbtrail::event
