// The texts of rules of nftables, as nft(8) writes them: "tcp dport 22 drop". nft is asked once for a table, in the
// namespace of the table, and again, at most once in kAgain, where a rule came later.
//
// A text is of the rule whose handle was asked for, or there is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "kernel/nft_program.h"

namespace skbtrail::kernel {

class NftRules {
 public:
  static constexpr std::chrono::seconds kAgain{1};
  static constexpr size_t kMostTables = 64;  // that are kept: whoever loads rules anew makes tables anew

  explicit NftRules(std::function<std::string(const NftTable&)> list = list_nft_table) : list_(std::move(list)) {}

  // Valid until the next call; empty: not known, at least not now.
  [[nodiscard]] std::string_view text(const NftTable& table, uint64_t handle);

 private:
  using Clock = std::chrono::steady_clock;
  struct Listed {
    std::unordered_map<uint64_t, std::string> rules;
    std::optional<Clock::time_point> asked;
  };

  std::function<std::string(const NftTable&)> list_;
  std::map<std::tuple<uint32_t, uint64_t, uint64_t>, Listed> tables_;  // by namespace, its cookie, handle
};

}  // namespace skbtrail::kernel
