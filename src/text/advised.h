// A mistake in what was written, and what to write instead in the words of `trace`. The tools that skbtrail behaves as
// have other words: they tell what is wrong alone.
#pragma once

#include <stdexcept>
#include <string>

namespace skbtrail::text {

struct Advised : std::invalid_argument {
  Advised(const std::string& mistake, const std::string& advice)
      : std::invalid_argument(advice.empty() ? mistake : mistake + "; " + advice), wrong(mistake) {}
  std::string wrong;
};

}  // namespace skbtrail::text
