#include "probe/decider_arguments.h"

#include "event/decider.h"

namespace skbtrail::probe {

namespace {

// An argument that a section is filled from: where it is, and what it leads to.
struct Row {
  std::string_view type;
  uint8_t probe_config::*at;
  uint8_t probe_config::*via;  // null: what it leads to is known
  rec_section section;
  uint8_t leads_to = 0;
};

constexpr Row kRows[] = {
    {"struct nf_hook_state *", &probe_config::hook_arg, &probe_config::hook_via, REC_SECTION_HOOK, HOOK_STATE},
    {"struct nft_pktinfo *", &probe_config::hook_arg, &probe_config::hook_via, REC_SECTION_HOOK, HOOK_PKTINFO},
    {"struct xt_table *", &probe_config::table_arg, &probe_config::table_via, REC_SECTION_TABLE, TABLE_XT},
    {"struct ebt_table *", &probe_config::table_arg, &probe_config::table_via, REC_SECTION_TABLE, TABLE_EBT},
    {"struct tcf_proto *", &probe_config::tc_arg, &probe_config::tc_via, REC_SECTION_TC, TC_FILTER},
    {"struct tc_action *", &probe_config::tc_arg, &probe_config::tc_via, REC_SECTION_TC, TC_ACTION},
    {"struct ip_vs_conn *", &probe_config::ipvs_arg, &probe_config::ipvs_via, REC_SECTION_IPVS, IPVS_CONNECTION},
    {"struct ip_vs_service *", &probe_config::ipvs_arg, &probe_config::ipvs_via, REC_SECTION_IPVS, IPVS_SERVICE},
    {"struct xfrm_state *", &probe_config::xfrm_arg, nullptr, REC_SECTION_XFRM},
    {"struct nft_traceinfo *", &probe_config::table_arg, &probe_config::table_via, REC_SECTION_TABLE, TABLE_NFT_TRACE},
    {"struct nft_rule_dp *", &probe_config::rule_arg, &probe_config::rule_via, REC_SECTION_RULE, RULE_NFT},
    {"struct nft_verdict *", &probe_config::verdict_arg, nullptr, REC_SECTION_RULE},
};

// What a pointer without a type leads to. A function that the hook itself calls has a table or a chain by such a one:
// iptables and the like since Linux 5.16.
uint8_t table_via(const event::Decider& decider) {
  if (decider.name == "nftables") return TABLE_NFT_CHAIN;
  return decider.name == "ebtables" ? TABLE_EBT : TABLE_XT;
}

void add(Probe& probe, const Row& row, uint8_t at) {
  probe.config.sections |= row.section;
  probe.config.*row.at = at;
  if (row.via) probe.config.*row.via = row.leads_to;
}

// nf_log_trace(), with the types that bpf/log_trace.h draws: what a rule is told by comes after the six arguments that
// are known by type, and the dots count as one.
void add_logged(Probe& probe, const kernel::Function& function) {
  constexpr uint8_t kFormat = 7;
  const auto known = kernel::Btf::arguments(function);
  if (function.words != kFormat + 2 || function.skb_at != 3 || known[0].type != "struct net *" ||
      known[4].type != "struct net_device *" || known[5].type != known[4].type)
    return;
  probe_config& config = probe.config;
  config.sections |= REC_SECTION_HOOK | REC_SECTION_TABLE | REC_SECTION_RULE;
  config.hook_via = HOOK_LOG;
  config.table_via = TABLE_LOG;
  config.rule_via = RULE_LOG;
}

// nft_trace_notify() before Linux 6.4: its argument has what later ones are given.
void add_traced_by_info(Probe& probe, const kernel::Function& function, uint32_t sections) {
  probe_config& config = probe.config;
  config.sections |= sections;
  config.hook_arg = config.table_arg = config.rule_arg = config.verdict_arg = function.skb_at;
  config.hook_via = HOOK_TRACE;
  config.table_via = TABLE_NFT_TRACE;
  config.rule_via = RULE_NFT_INFO;
}

// Of a rule that nftables trace all of these are needed.
bool has_rule(const probe_config& config) {
  return config.rule_arg != SKBTRAIL_NO_ARG && config.verdict_arg != SKBTRAIL_NO_ARG &&
         config.table_arg != SKBTRAIL_NO_ARG && config.hook_arg != SKBTRAIL_NO_ARG;
}

}  // namespace

void add_decider_arguments(Probe& probe, const kernel::Function& function) {
  const event::Decider* decider = event::decider_of(function.name);
  if (!decider) return;
  if (decider->answer == event::Answer::rule && decider->name != "nftables") return add_logged(probe, function);
  if (function.skb_in == kernel::Carrier::nft_traceinfo) return add_traced_by_info(probe, function, decider->sections);
  for (const auto& argument : kernel::Btf::arguments(function)) {
    for (const Row& row : kRows)
      if (argument.type == row.type && decider->sections & row.section) add(probe, row, argument.at);
    if (decider->has_table() && argument.type == "void *" && argument.name == "priv")
      add(probe, {"", &probe_config::table_arg, &probe_config::table_via, REC_SECTION_TABLE, table_via(*decider)},
          argument.at);
    if (decider->sections & REC_SECTION_TC && argument.type == "struct tcf_result *")
      probe.config.class_arg = argument.at;
  }
  // The first filter is among its arguments, and all are asked.
  if (function.name.starts_with("tcf_classify")) probe.config.tc_via = TC_CHAIN;
  if (decider->answer == event::Answer::rule && !has_rule(probe.config)) {
    probe.config.sections &= ~decider->sections;
    probe.config.verdict_arg = SKBTRAIL_NO_ARG;
  }
}

}  // namespace skbtrail::probe
