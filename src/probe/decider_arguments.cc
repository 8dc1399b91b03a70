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
      add(probe, {"", &probe_config::table_arg, &probe_config::table_via, REC_SECTION_TABLE, table_via(*decider)},
          argument.at);
    if (decider->sections & REC_SECTION_TC && argument.type == "struct tcf_result *")
      probe.config.class_arg = argument.at;
  }
  // The first filter is among its arguments, and all are asked.
  if (function.name.starts_with("tcf_classify")) probe.config.tc_via = TC_CHAIN;
}

}  // namespace skbtrail::probe
