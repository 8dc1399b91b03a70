#include "attach/ip_hash_table.h"

#include <algorithm>
#include <utility>

namespace skbtrail::attach {

namespace {

constexpr int kMultipliers = 24;
constexpr uint8_t kFewProbes = 2;

// Odd numbers whose bits are as mixed as can be; the first is 2^32 divided by the golden ratio.
uint32_t multiplier_number(int number) {
  uint32_t mixed = 0x9e3779b9U * static_cast<uint32_t>(number + 1);
  mixed ^= mixed >> 15;
  mixed *= number ? 0x2c1b3c6dU : 1U;
  return mixed | 1U;
}

IpHashTable with_multiplier(std::span<const Call> calls, uint32_t multiplier) {
  IpHashTable table{multiplier, 0, std::vector<ip_hash_entry>(std::size(ip_hash_table{}.entries)), {}};
  for (size_t i = 0; i < calls.size(); i++) {
    const auto address = static_cast<uint32_t>(calls[i].address);
    const uint32_t slot = ip_hash_slot(address, multiplier);
    uint8_t away = 0;
    while (away < SKBTRAIL_IP_HASH_PROBES && table.entries[slot + away].address) away++;
    if (away == SKBTRAIL_IP_HASH_PROBES || address == 0) {
      table.without_slot.push_back(i);
      continue;
    }
    table.entries[slot + away] = {address, static_cast<uint32_t>(calls[i].cookie)};
    table.max_probes = std::max<uint8_t>(table.max_probes, away + 1);
  }
  return table;
}

}  // namespace

IpHashTable IpHashTable::of(std::span<const Call> calls) {
  IpHashTable best;
  if (calls.empty()) return best;
  for (int number = 0; number < kMultipliers; number++) {
    IpHashTable table = with_multiplier(calls, multiplier_number(number));
    const auto cost = [](const IpHashTable& of) { return std::pair(of.without_slot.size(), of.max_probes); };
    if (number == 0 || cost(table) < cost(best)) best = std::move(table);
    if (best.without_slot.empty() && best.max_probes <= kFewProbes) break;
  }
  return best;
}

}  // namespace skbtrail::attach
