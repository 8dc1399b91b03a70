// The texts of rules of nftables, as nft(8) writes them: "tcp dport 22 drop". nft is asked once for a table, in the
// namespace of the table, and again, at most once in kAgain, where a rule came later.
//
// It is asked by a thread beside the caller, who reads rings that get full meanwhile: nft needs seconds for some
// tables. The caller waits no longer than kPatience for a table, and not at all for one whose answer was late before;
// what comes late is known to the calls after it.
//
// A text is of the rule whose handle was asked for, or there is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_map>

#include "kernel/nft_program.h"

namespace skbtrail::kernel {

class NftRules {
 public:
  static constexpr std::chrono::seconds kAgain{1};
  static constexpr std::chrono::seconds kPatience{1};
  static constexpr size_t kMostTables = 64;  // that are kept: whoever loads rules anew makes tables anew
  // Called in a thread of its own; ends soon after it is told to stop.
  using List = std::function<std::string(const NftTable&, const std::stop_token&)>;

  explicit NftRules(List list = list_nft_table, std::chrono::milliseconds patience = kPatience)
      : list_(std::move(list)), patience_(patience) {}

  // Valid until the next call; empty: not known, at least not now.
  [[nodiscard]] std::string_view text(const NftTable& table, uint64_t handle);

 private:
  using Clock = std::chrono::steady_clock;
  struct Listed {
    std::unordered_map<uint64_t, std::string> rules;
    std::optional<Clock::time_point> asked;
    std::future<std::string> answer;  // valid: nft is being asked
    std::jthread asking;
    bool late = false;  // an answer was not there in time
  };

  void ask(Listed& listed, const NftTable& table) const;
  static bool take(Listed& listed, const NftTable& table, std::chrono::milliseconds patience);

  List list_;
  std::chrono::milliseconds patience_;
  std::map<std::tuple<uint32_t, uint64_t, uint64_t>, Listed> tables_;  // by namespace, its cookie, handle
};

}  // namespace skbtrail::kernel
