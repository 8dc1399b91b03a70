#include "kernel/nft_rules.h"

#include <system_error>
#include <utility>

#include "kernel/nft_listing.h"

namespace skbtrail::kernel {

void NftRules::ask(Listed& listed, const NftTable& table) const {
  listed.asked = Clock::now();
  std::packaged_task<std::string(std::stop_token)> task(
      [list = list_, table](const std::stop_token& stop) { return list(table, stop); });
  auto answer = task.get_future();
  try {
    listed.asking = std::jthread(std::move(task));
    listed.answer = std::move(answer);
  } catch (const std::system_error&) {
    // No thread can be made, so nothing is known.
  }
}

// Whether the answer came in time.
bool NftRules::take(Listed& listed, const NftTable& table, std::chrono::milliseconds patience) {
  if (listed.answer.wait_for(patience) != std::future_status::ready) return false;
  listed.rules = rules_in(listed.answer.get(), table.handle);
  listed.asking.join();
  listed.asked = Clock::now();
  return true;
}

std::string_view NftRules::text(const NftTable& table, uint64_t handle) {
  const std::tuple key{table.netns, table.netns_cookie, table.handle};
  if (tables_.size() >= kMostTables && !tables_.contains(key)) tables_.clear();
  Listed& listed = tables_[key];
  if (listed.answer.valid()) take(listed, table, {});
  const auto known = listed.rules.find(handle);
  if (known != listed.rules.end()) return known->second;
  if (listed.answer.valid() || (listed.asked && Clock::now() - *listed.asked < kAgain)) return {};
  ask(listed, table);
  if (!listed.answer.valid() || listed.late) return {};
  listed.late = !take(listed, table, patience_);
  const auto found = listed.rules.find(handle);
  return found == listed.rules.end() ? std::string_view() : found->second;
}

}  // namespace skbtrail::kernel
