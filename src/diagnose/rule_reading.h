// The text of a file of rules to rules, not yet put over any. Strict: what is not known, missing, empty or given twice
// is refused with its line and column.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/rule.h"

namespace skbtrail::diagnose {

// A name that is looked up when all files were read.
struct Reference {
  std::string name;
  std::string written_at;  // "FILE:LINE:COLUMN"
};

struct WrittenRule {
  Rule rule;
  Reference after, answers, not_after, unless;  // marks; an empty name: none
  std::vector<Reference> over;                  // rules
};

struct RuleFile {
  std::vector<Mark> marks;
  std::vector<WrittenRule> rules;
};

// Throws settings::FileError.
RuleFile read_rules(std::string_view text, const std::string& file, const ReadCondition& read);

}  // namespace skbtrail::diagnose
