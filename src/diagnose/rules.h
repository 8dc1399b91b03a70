// The rules of a diagnosis: data/rules.yaml, which is built in, and users' files over it, rule by rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diagnose/rule.h"
#include "settings/files.h"

namespace skbtrail::diagnose {

inline constexpr settings::FileKind kRuleFiles{"a file of rules", "--rules", "rules.d"};

class Rules {
 public:
  static constexpr size_t kMostRules = 128, kMostMarks = 32, kMostSteps = 64;

  // What is built in.
  explicit Rules(const ReadCondition& read);
  // Only what `text` says. Throws settings::FileError.
  Rules(std::string_view text, const std::string& file, const ReadCondition& read);

  // Puts a file over what is there, rule by rule and mark by mark. Throws settings::FileError, and all is as before.
  void add(std::string_view text, const std::string& file, const ReadCondition& read);

  // In the order of the files. A rule that is given anew keeps its position.
  [[nodiscard]] const std::vector<Rule>& all() const { return rules_; }
  [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

 private:
  [[nodiscard]] size_t steps() const;

  std::vector<Rule> rules_;
  std::vector<Mark> marks_;
};

// The built-in ones, with the files of `folders` over them, by name, and then `files`. A folder need not be there.
// Throws settings::FileError.
Rules load_rules(const std::vector<std::string>& folders, const std::vector<std::string>& files,
                 const ReadCondition& read);

}  // namespace skbtrail::diagnose
