#include "event/decider.h"

#include <unordered_map>

#include "text/lines.h"

namespace skbtrail::event {

namespace {

constexpr uint32_t kHook = REC_SECTION_HOOK, kTable = kHook | REC_SECTION_TABLE;
constexpr uint32_t kTc = REC_SECTION_TC, kIpvs = REC_SECTION_IPVS, kXfrm = REC_SECTION_XFRM;
constexpr uint32_t kRule = REC_SECTION_RULE;

constexpr Decider kDeciders[] = {
    {"ipt_do_table", "iptables", Answer::verdict, kTable},    // net/ipv4/netfilter/ip_tables.c
    {"ip6t_do_table", "ip6tables", Answer::verdict, kTable},  // net/ipv6/netfilter/ip6_tables.c
    {"arpt_do_table", "arptables", Answer::verdict, kTable},  // net/ipv4/netfilter/arp_tables.c
    {"ebt_do_table", "ebtables", Answer::verdict, kTable},    // net/bridge/netfilter/ebtables.c
    {"nft_do_chain", "nftables", Answer::verdict, kTable},    // net/netfilter/nf_tables_core.c
    {"nf_hook_slow", "netfilter", Answer::hook, kHook},       // net/netfilter/core.c
    // Rules that are traced one by one: net/netfilter/nf_tables_trace.c; net/netfilter/nf_log.c, which iptables and
    // ip6tables call.
    {"nft_trace_notify", "nftables", Answer::rule, kTable | kRule},
    {"nf_log_trace", "iptables", Answer::rule, kTable | kRule},
    // net/sched/cls_api.c, and the classifiers and actions beside it.
    {"tcf_classify tcf_classify_ingress cls_bpf_classify fl_classify u32_classify mall_classify fw_classify "
     "basic_classify route4_classify flow_classify cls_cgroup_classify",
     "tc", Answer::action, kTc},
    {"tcf_gact_act tcf_mirred_act tcf_police_act tcf_skbedit_act tcf_pedit_act tcf_vlan_act tcf_csum_act tcf_nat_act "
     "tcf_ct_act tcf_sample_act tcf_bpf_act tcf_mpls_act tcf_skbmod_act tcf_simp_act tcf_connmark_act tcf_ctinfo_act "
     "tunnel_key_act",
     "tc", Answer::action, kTc},
    // net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_core.c.
    {"ip_vs_nat_xmit ip_vs_nat_xmit_v6 ip_vs_dr_xmit ip_vs_dr_xmit_v6 ip_vs_tunnel_xmit ip_vs_tunnel_xmit_v6 "
     "ip_vs_bypass_xmit ip_vs_bypass_xmit_v6 ip_vs_null_xmit ip_vs_leave",
     "ipvs", Answer::verdict, kIpvs},
    // net/ipv4/esp4.c and its likes: below zero an errno.
    {"esp_input esp6_input ah_input ah6_input ipcomp_input ipcomp6_input esp_output esp6_output ah_output ah6_output "
     "ipcomp_output ipcomp6_output",
     "xfrm", Answer::error, kXfrm},
    {"sk_filter_trim_cap", "socket filter", Answer::refusal, 0},           // net/core/filter.c
    {"__cgroup_bpf_run_filter_skb", "cgroup filter", Answer::refusal, 0},  // kernel/bpf/cgroup.c
};

const std::unordered_map<std::string_view, const Decider*>& by_name() {
  static const auto deciders = [] {
    std::unordered_map<std::string_view, const Decider*> found;
    for (const Decider& decider : kDeciders)
      text::for_each_part(decider.functions, ' ', [&](std::string_view name) { found.emplace(name, &decider); });
    return found;
  }();
  return deciders;
}

}  // namespace

const Decider* decider_of(std::string_view function) {
  const auto found = by_name().find(function.substr(0, function.find('.')));
  return found == by_name().end() ? nullptr : found->second;
}

}  // namespace skbtrail::event
