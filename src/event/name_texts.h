// The texts of names, by kind and number. A text stays where it is as long as this lives, also when its number gets
// another one: whoever was handed a view may keep it. One thread.
//
// Nothing is ever let go, so whoever sets names looks at kept() and stops at a limit of its own. Texts made of numbers
// that have no name are bounded here: at most kMostNumbers, "?" for every further one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "event/name_kinds.h"

namespace skbtrail::event {

class NameTexts {
 public:
  static constexpr size_t kMostNumbers = 65'536;
  // What a name takes beside its text: the nodes of a table, and what the allocator adds.
  static constexpr size_t kPerName = 96;

  // Nothing: it was never set.
  [[nodiscard]] std::optional<std::string_view> find(NameKind kind, uint64_t number) const;
  // Names it, which may be anew.
  std::string_view set(NameKind kind, uint64_t number, std::string_view text);
  // The row's text for a number without a name.
  std::string_view of_number(NameKind kind, uint64_t number);

  // Bytes that names take, more or less, without those of numbers.
  [[nodiscard]] size_t kept() const { return kept_; }
  // How often something that had a name got another one.
  [[nodiscard]] uint64_t changes() const { return changes_; }

 private:
  static constexpr size_t kChunk = 4096;
  using Table = std::unordered_map<uint64_t, std::string_view>;

  std::string_view copy(std::string_view text);
  std::string_view replacement(std::string_view text);

  std::array<Table, kNameKinds> named_, numbers_;
  std::unordered_set<std::string_view> former_;  // of numbers that have another one now, or had
  std::vector<std::unique_ptr<char[]>> chunks_;  // of texts, one after the other
  size_t room_ = 0;                              // in the last
  char* at_ = nullptr;
  size_t numbers_kept_ = 0;
  size_t kept_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace skbtrail::event
