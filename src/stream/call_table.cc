#include "stream/call_table.h"

#include <utility>

namespace skbtrail::stream {

namespace {

constexpr int kFactors = 24;

// Odd numbers whose bits are as mixed as can be; the first is 2^32 divided by the golden ratio.
uint32_t factor_number(int number) {
  uint32_t mixed = 0x9e3779b9U * static_cast<uint32_t>(number + 1);
  mixed ^= mixed >> 15;
  mixed *= number ? 0x2c1b3c6dU : 1U;
  return mixed | 1U;
}

CallTable with_factor(std::span<const Call> calls, uint32_t factor) {
  CallTable table{factor, std::vector<call_entry>(std::size(call_table{}.entries)), {}};
  for (size_t i = 0; i < calls.size(); i++) {
    const auto address = static_cast<uint32_t>(calls[i].address);
    call_entry* entry = &table.entries[call_place(address, factor)];
    const call_entry* const end = entry + SKBTRAIL_CALL_NEAR;
    while (entry != end && entry->address) entry++;
    if (entry == end || address == 0)
      table.left_out.push_back(i);
    else
      *entry = {address, static_cast<uint32_t>(calls[i].word)};
  }
  return table;
}

}  // namespace

CallTable CallTable::of(std::span<const Call> calls) {
  CallTable best;
  if (calls.empty()) return best;
  for (int number = 0; number < kFactors; number++) {
    CallTable table = with_factor(calls, factor_number(number));
    if (number == 0 || table.left_out.size() < best.left_out.size()) best = std::move(table);
    if (best.left_out.empty()) break;
  }
  return best;
}

}  // namespace skbtrail::stream
