// The heads of several recordings as one, for a recording of their events. Probes that are alike are one, so each
// source may have other numbers for them.
//
// What was said of one source alone (--pid, --comm) is kept only where it was said of all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "recording/head.h"

namespace skbtrail::recording {

class CombinedHead {
 public:
  // `heads`: those of the captures of other programs are empty.
  explicit CombinedHead(const std::vector<const Head*>& heads);

  [[nodiscard]] const Head& head() const { return head_; }

  // What the probes of a head are here, by their numbers there; nothing if one is missing here.
  [[nodiscard]] std::optional<std::vector<uint16_t>> numbers_of(const Head& head) const;

 private:
  void add(const Head& head);

  Head head_;
  bool is_first_ = true;
  std::unordered_map<std::string, uint16_t> numbers_;  // by description
};

}  // namespace skbtrail::recording
