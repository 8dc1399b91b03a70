// What `nft --handle list table` prints: the texts of rules, by the handles that stand behind them.
//
//   table inet firewall { # handle 3
//     chain mine { # handle 1
//       tcp dport 22 drop # handle 7
//     }
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace skbtrail::kernel {

constexpr size_t kLongestRule = 256;  // bytes: the rest of its text is cut off, and ".." stands for it

// Empty where it is another table's: one that was made anew under its name has another handle.
std::unordered_map<uint64_t, std::string> rules_in(std::string_view listed, uint64_t table_handle);

}  // namespace skbtrail::kernel
