#include "kernel/nft_rules.h"

#include "kernel/nft_listing.h"

namespace skbtrail::kernel {

std::string_view NftRules::text(const NftTable& table, uint64_t handle) {
  const std::tuple key{table.netns, table.netns_cookie, table.handle};
  if (tables_.size() >= kMostTables && !tables_.contains(key)) tables_.clear();
  Listed& listed = tables_[key];
  const auto known = listed.rules.find(handle);
  if (known != listed.rules.end()) return known->second;
  const auto now = Clock::now();
  if (listed.asked && now - *listed.asked < kAgain) return {};
  listed.rules = rules_in(list_(table), table.handle);
  listed.asked = Clock::now();
  const auto found = listed.rules.find(handle);
  return found == listed.rules.end() ? std::string_view() : found->second;
}

}  // namespace skbtrail::kernel
