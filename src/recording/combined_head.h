// The heads of several recordings as one, for a recording of their events. Probes that are alike are one, so each
// source may have other numbers for them.
//
// What was said of one source alone (--pid, --comm) is kept only where it was said of all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "recording/head.h"

namespace skbtrail::recording {

class CombinedHead {
 public:
  // `heads`: those of the captures of other programs are empty.
  explicit CombinedHead(const std::vector<const Head*>& heads);

  [[nodiscard]] const Head& head() const { return head_; }

  // The sections of a head that this version does not know: their masks there, and here, in the order in which they are
  // here. One for which no bit is left here is missing.
  [[nodiscard]] std::vector<std::pair<uint32_t, uint32_t>> unknown_of(const Head& head) const;

  // What the probes of a head are here, by their numbers there; nothing if one is missing here.
  [[nodiscard]] std::optional<std::vector<uint16_t>> numbers_of(const Head& head) const;

 private:
  void add(const Head& head);
  void add_unknown(const RecordedSection& section);

  Head head_;
  bool is_first_ = true;
  std::unordered_map<std::string, uint16_t> numbers_;  // by description
};

}  // namespace skbtrail::recording
