// The words of -i: names and globs of devices, separated by commas. The kernel side looks at the name that a device has
// at each event (bpf/match.h), so that one that appears later, or is renamed, is found. A name that is no device's
// first one may be an alternative one (`ip link property add`), which only its namespace knows: kernel/devices.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/config.h"

namespace skbtrail::filter {

class DeviceNames {
 public:
  // Nothing where one of the words is `any`. Throws std::invalid_argument with a sentence.
  static std::optional<DeviceNames> parse(std::string_view list);

  struct Word {
    std::string text;
    bool is_glob = false;
    // Longer than a device's name, so that it can only be an alternative one.
    [[nodiscard]] bool is_long() const;
    [[nodiscard]] bool matches(std::string_view name) const;
  };
  [[nodiscard]] const std::vector<Word>& words() const { return words_; }

  // Whether it is the name of a device that is asked for, its alternative names apart.
  [[nodiscard]] bool matches(std::string_view name) const;

  void apply(skbtrail_config& config) const;

 private:
  std::vector<Word> words_;
  glob_automaton globs_{};
};

}  // namespace skbtrail::filter
