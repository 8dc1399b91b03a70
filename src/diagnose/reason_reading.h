// The text of a file of drop reasons to reasons, not yet put over any. Strict: what is not known, missing, empty or
// given twice is refused with its line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/reasons.h"

namespace skbtrail::diagnose {

struct ReasonFile {
  struct OfFunction {
    std::vector<std::string> reasons;
    std::string written_at;  // "FILE:LINE"
  };
  std::vector<Reason> reasons;
  std::vector<Reason> unspecified;  // by the name of the function
  std::map<std::string, OfFunction> functions;
};

// Throws settings::FileError.
ReasonFile read_reasons(std::string_view text, const std::string& file);

}  // namespace skbtrail::diagnose
