// What counters mean: data/counters.yaml, which is built in. A counter that is not in it means no loss.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::counters {

// Whether `drop` shows what was counted as well.
enum class Packets : uint8_t { shown, some, unseen, sign };

struct Meaning {
  std::string means;  // one line
  Packets packets = Packets::some;
  std::string look;                   // a command with placeholders (diagnose/command.h)
  std::vector<std::string> includes;  // counters of its group that count some of the same packets
};

class Meanings {
 public:
  // What is built in.
  Meanings();
  // Throws settings::FileError, "FILE:LINE: what is wrong".
  Meanings(std::string_view text, const std::string& file);

  // Null: it means no loss. Valid as long as this.
  [[nodiscard]] const Meaning* find(std::string_view group, std::string_view name) const;
  using OfGroup = std::map<std::string, Meaning, std::less<>>;
  [[nodiscard]] const std::map<std::string, OfGroup, std::less<>>& all() const { return groups_; }

 private:
  std::map<std::string, OfGroup, std::less<>> groups_;
};

}  // namespace skbtrail::counters
