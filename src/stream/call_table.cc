#include "stream/call_table.h"

#include <algorithm>
#include <utility>

namespace skbtrail::stream {

namespace {

constexpr int kFactors = 24;
constexpr uint8_t kNearEnough = 2;

// Odd numbers whose bits are as mixed as can be; the first is 2^32 divided by the golden ratio.
uint32_t factor_number(int number) {
  uint32_t mixed = 0x9e3779b9U * static_cast<uint32_t>(number + 1);
  mixed ^= mixed >> 15;
  mixed *= number ? 0x2c1b3c6dU : 1U;
  return mixed | 1U;
}

CallTable with_factor(std::span<const Call> calls, uint32_t factor) {
  CallTable table{factor, 0, std::vector<call_entry>(std::size(call_table{}.entries)), {}};
  for (size_t i = 0; i < calls.size(); i++) {
    const auto address = static_cast<uint32_t>(calls[i].address);
    const uint32_t place = call_place(address, factor);
    uint8_t away = 0;
    while (away < SKBTRAIL_CALL_NEAR && table.entries[place + away].address) away++;
    if (away == SKBTRAIL_CALL_NEAR || address == 0) {
      table.left_out.push_back(i);
      continue;
    }
    table.entries[place + away] = {address, static_cast<uint32_t>(calls[i].word)};
    table.near = std::max<uint8_t>(table.near, away + 1);
  }
  return table;
}

}  // namespace

CallTable CallTable::of(std::span<const Call> calls) {
  CallTable best;
  if (calls.empty()) return best;
  for (int number = 0; number < kFactors; number++) {
    CallTable table = with_factor(calls, factor_number(number));
    const auto cost = [](const CallTable& of) { return std::pair(of.left_out.size(), of.near); };
    if (number == 0 || cost(table) < cost(best)) best = std::move(table);
    if (best.left_out.empty() && best.near <= kNearEnough) break;
  }
  return best;
}

}  // namespace skbtrail::stream
