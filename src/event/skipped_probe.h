// A probe that was asked for and is not traced, and why, in words for a person.
#pragma once

#include <string>

namespace skbtrail::event {

struct SkippedProbe {
  std::string name;
  std::string reason;
};

}  // namespace skbtrail::event
