#include "probe/decider_arguments.h"

#include "event/decider.h"

namespace skbtrail::probe {

namespace {

struct Row {
  std::string_view type;  // of the argument
  rec_section section;
  uint8_t via;
};

constexpr Row kRows[] = {
    {"struct nf_hook_state *", REC_SECTION_HOOK, HOOK_STATE},
    {"struct nft_pktinfo *", REC_SECTION_HOOK, HOOK_PKTINFO},
    {"struct xt_table *", REC_SECTION_TABLE, TABLE_XT},
    {"struct ebt_table *", REC_SECTION_TABLE, TABLE_EBT},
};

// What a pointer without a type leads to. A function that the hook itself calls has a table or a chain by such a one:
// iptables and the like since Linux 5.16.
uint8_t table_via(const event::Decider& decider) {
  if (decider.name == "nftables") return TABLE_NFT_CHAIN;
  return decider.name == "ebtables" ? TABLE_EBT : TABLE_XT;
}

void add(Probe& probe, const Row& row, uint8_t at) {
  probe_config& config = probe.config;
  config.sections |= row.section;
  (row.section == REC_SECTION_HOOK ? config.hook_arg : config.table_arg) = at;
  (row.section == REC_SECTION_HOOK ? config.hook_via : config.table_via) = row.via;
}

}  // namespace

void add_decider_arguments(Probe& probe, const kernel::Function& function) {
  const event::Decider* decider = event::decider_of(function.name);
  if (!decider) return;
  for (const auto& argument : kernel::Btf::arguments(function)) {
    for (const Row& row : kRows)
      if (argument.type == row.type) add(probe, row, argument.at);
    if (decider->has_table && argument.type == "void *" && argument.name == "priv")
      add(probe, {"", REC_SECTION_TABLE, table_via(*decider)}, argument.at);
  }
}

}  // namespace skbtrail::probe
