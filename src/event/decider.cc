#include "event/decider.h"

#include <algorithm>
#include <iterator>

namespace skbtrail::event {

namespace {

constexpr Decider kDeciders[] = {
    {"ipt_do_table", "iptables", Answer::verdict, true},    // net/ipv4/netfilter/ip_tables.c
    {"ip6t_do_table", "ip6tables", Answer::verdict, true},  // net/ipv6/netfilter/ip6_tables.c
    {"arpt_do_table", "arptables", Answer::verdict, true},  // net/ipv4/netfilter/arp_tables.c
    {"ebt_do_table", "ebtables", Answer::verdict, true},    // net/bridge/netfilter/ebtables.c
    {"nft_do_chain", "nftables", Answer::verdict, true},    // net/netfilter/nf_tables_core.c
    {"nf_hook_slow", "netfilter", Answer::hook, false},     // net/netfilter/core.c
};

}  // namespace

const Decider* decider_of(std::string_view function) {
  function = function.substr(0, function.find('.'));
  const auto* found = std::find_if(std::begin(kDeciders), std::end(kDeciders),
                                   [&](const Decider& decider) { return decider.function == function; });
  return found == std::end(kDeciders) ? nullptr : found;
}

}  // namespace skbtrail::event
