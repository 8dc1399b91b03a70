#include "probe/decider_arguments.h"

#include "event/decider.h"

namespace skbtrail::probe {

namespace {

// An argument that a section is filled from: where it is, and what it leads to.
struct Row {
  std::string_view type;
  rec_section section;
  uint8_t probe_config::*at;
  uint8_t probe_config::*via = nullptr;
  uint8_t leads_to = 0;
};

constexpr Row kRows[] = {
    {"struct nf_hook_state *", REC_SECTION_HOOK, &probe_config::hook_arg, &probe_config::hook_via, HOOK_STATE},
    {"struct nft_pktinfo *", REC_SECTION_HOOK, &probe_config::hook_arg, &probe_config::hook_via, HOOK_PKTINFO},
    {"struct xt_table *", REC_SECTION_TABLE, &probe_config::table_arg, &probe_config::table_via, TABLE_XT},
    {"struct ebt_table *", REC_SECTION_TABLE, &probe_config::table_arg, &probe_config::table_via, TABLE_EBT},
    {"struct tcf_proto *", REC_SECTION_TC, &probe_config::tc_arg, &probe_config::tc_via, TC_FILTER},
    {"struct tc_action *", REC_SECTION_TC, &probe_config::tc_arg, &probe_config::tc_via, TC_ACTION},
    {"struct ip_vs_conn *", REC_SECTION_IPVS, &probe_config::ipvs_arg, &probe_config::ipvs_via, IPVS_CONNECTION},
    {"struct ip_vs_service *", REC_SECTION_IPVS, &probe_config::ipvs_arg, &probe_config::ipvs_via, IPVS_SERVICE},
    {"struct xfrm_state *", REC_SECTION_XFRM, &probe_config::xfrm_arg},
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

}  // namespace

void add_decider_arguments(Probe& probe, const kernel::Function& function) {
  const event::Decider* decider = event::decider_of(function.name);
  if (!decider) return;
  for (const auto& argument : kernel::Btf::arguments(function)) {
    for (const Row& row : kRows)
      if (argument.type == row.type && decider->sections & row.section) add(probe, row, argument.at);
    if (decider->has_table() && argument.type == "void *" && argument.name == "priv")
      add(probe, {"", REC_SECTION_TABLE, &probe_config::table_arg, &probe_config::table_via, table_via(*decider)},
          argument.at);
    if (decider->sections & REC_SECTION_TC && argument.type == "struct tcf_result *")
      probe.config.class_arg = argument.at;
  }
  // The first filter is among its arguments, and all are asked.
  if (function.name.starts_with("tcf_classify")) probe.config.tc_via = TC_CHAIN;
}

}  // namespace skbtrail::probe
