#include "event/section/xfrm.h"

#include <arpa/inet.h>

#include <array>

#include "packet/address.h"
#include "packet/protocol_names.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kXfrm = REC_SECTION_XFRM;

// XFRM_MODE_*, include/uapi/linux/xfrm.h, as ip-xfrm(8) calls them.
constexpr std::array<std::string_view, 6> kModes{"transport", "tunnel", "ro", "in_trigger", "beet", "iptfs"};

bool is_known(const Event& event) {
  return event.xfrm && event.xfrm->known;
}

std::string_view mode_of(const rec_xfrm& xfrm) {
  return xfrm.mode < kModes.size() ? kModes[xfrm.mode] : std::string_view();
}

std::string_view protocol_of(const rec_xfrm& xfrm) {
  const char* name = packet::protocol_name(xfrm.protocol);
  return name ? std::string_view(name) : std::string_view();
}

template <__u8 (rec_xfrm::*Address)[16]>
Value address(const Event& event, Scratch& scratch) {
  if (!is_known(event)) return kUnknown;
  scratch.clear();
  packet::append_address(scratch, packet::ip_address(event.xfrm->*Address, event.xfrm->family == AF_INET6));
  return text::text_in(scratch);
}

Value spi(const Event& event, Scratch&) {
  return is_known(event) ? Value(uint64_t{ntohl(event.xfrm->spi)}) : Value(kUnknown);
}

Value reqid(const Event& event, Scratch&) {
  return is_known(event) && event.xfrm->reqid ? Value(uint64_t{event.xfrm->reqid}) : Value(kUnknown);
}

template <std::string_view (*Name)(const rec_xfrm&)>
Value name(const Event& event, Scratch&) {
  const auto name = is_known(event) ? Name(*event.xfrm) : std::string_view();
  return name.empty() ? Value(kUnknown) : Value(name);
}

}  // namespace

void append_xfrm(Scratch& out, const Event& event) {
  if (!is_known(event)) return;
  const rec_xfrm& xfrm = *event.xfrm;
  const bool is_ipv6 = xfrm.family == AF_INET6;
  fmt::format_to(fmt::appender(out), "{} ", protocol_of(xfrm));
  packet::append_address(out, packet::ip_address(xfrm.source, is_ipv6));
  out.append(std::string_view(" > "));
  packet::append_address(out, packet::ip_address(xfrm.destination, is_ipv6));
  fmt::format_to(fmt::appender(out), " spi {:#x} {}", ntohl(xfrm.spi), mode_of(xfrm));
}

std::vector<Field> xfrm_fields() {
  constexpr bool sparse = true;
  return {
      {"xfrm_proto", Type::text, "", "protocol of the xfrm state: esp, ah, ipcomp", kXfrm, false, 6, sparse,
       name<protocol_of>},
      {"xfrm_src", Type::text, "", "its source", kXfrm, false, 15, sparse, address<&rec_xfrm::source>},
      {"xfrm_dst", Type::text, "", "its destination", kXfrm, false, 15, sparse, address<&rec_xfrm::destination>},
      {"xfrm_spi", Type::hex, "", "its SPI", kXfrm, false, 10, sparse, spi},
      {"xfrm_reqid", Type::number, "", "its reqid", kXfrm, false, 5, sparse, reqid},
      {"xfrm_mode", Type::text, "", "its mode: transport, tunnel, beet", kXfrm, false, 9, sparse, name<mode_of>},
  };
}

}  // namespace skbtrail::event
