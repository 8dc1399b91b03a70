#include "event/sending.h"

#include <algorithm>
#include <array>

namespace skbtrail::event {

namespace {

struct Row {
  std::string_view probe;
  Sending what;
};

// Of Linux 5.10 to 7.2, where the function icmp_send() is inline: the tracepoint is of 6.10. What calls one of these
// for an error of one type alone (icmpv6_param_prob_reason(), nf_send_unreach()) is not here.
constexpr std::array kRows{
    // net/ipv4/icmp.c
    Row{"icmp_send", Sending::icmp}, Row{"__icmp_send", Sending::icmp}, Row{"icmp_ndo_send", Sending::icmp},
    // net/ipv6/icmp.c, net/ipv6/ip6_icmp.c
    Row{"icmp6_send", Sending::icmp6}, Row{"icmpv6_send", Sending::icmp6}, Row{"icmpv6_ndo_send", Sending::icmp6},
    // net/ipv4/tcp_ipv4.c, net/ipv6/tcp_ipv6.c, net/ipv4/tcp_output.c
    Row{"tcp_send_reset", Sending::reset}, Row{"tcp_v4_send_reset", Sending::reset},
    Row{"tcp_v6_send_reset", Sending::reset}, Row{"tcp_send_active_reset", Sending::reset},
    // net/ipv4/netfilter/nf_reject_ipv4.c, net/ipv6/netfilter/nf_reject_ipv6.c
    Row{"nf_send_reset", Sending::reset}, Row{"nf_send_reset6", Sending::reset}};

}  // namespace

std::optional<Sending> sending_at(std::string_view probe) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& known) { return known.probe == probe; });
  return row == kRows.end() ? std::nullopt : std::optional(row->what);
}

}  // namespace skbtrail::event
