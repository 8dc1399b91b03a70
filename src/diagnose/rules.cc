#include "diagnose/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "diagnose/rule_reading.h"
#include "text/nearest.h"

extern "C" const char skbtrail_rules_begin[], skbtrail_rules_end[];  // rules_yaml.S

namespace skbtrail::diagnose {

namespace {

template <typename Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.push_back(one.name);
  return names;
}

template <typename Named>
size_t index_of(const std::vector<Named>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  return static_cast<size_t>(found - all.begin());
}

template <typename Named>
void put(std::vector<Named>& all, Named one) {
  const size_t known = index_of(all, one.name);
  if (known == all.size())
    all.push_back(std::move(one));
  else
    all[known] = std::move(one);
}

// Of a rule or a mark that a file names.
template <typename Named>
size_t look_up(const std::vector<Named>& all, const Reference& reference, std::string_view kind) {
  const size_t found = index_of(all, reference.name);
  if (found != all.size()) return found;
  const auto names = names_of(all);
  throw settings::FileError(
      fmt::format("{}: there is no {} '{}'{}", reference.written_at, kind, reference.name,
                  text::did_you_mean(reference.name, names, fmt::format("; allowed: {}", fmt::join(names, ", ")))));
}

}  // namespace

std::string_view level_name(Level level) {
  return level == Level::error ? "error" : level == Level::warning ? "warning" : "info";
}

Rules::Rules(const ReadCondition& read) : Rules({skbtrail_rules_begin, skbtrail_rules_end}, "data/rules.yaml", read) {}

Rules::Rules(std::string_view text, const std::string& file, const ReadCondition& read) {
  add(text, file, read);
}

void Rules::add(std::string_view text, const std::string& file, const ReadCondition& read) {
  auto written = read_rules(text, file, read);
  Rules result = *this;
  for (auto& mark : written.marks) put(result.marks_, std::move(mark));
  const auto mark_of = [&](const Reference& reference) {
    return reference.name.empty() ? Rule::kNone : static_cast<uint8_t>(look_up(result.marks_, reference, "mark"));
  };
  if (result.marks_.size() > kMostMarks || result.rules_.size() + written.rules.size() > 2 * kMostRules)
    throw settings::FileError(fmt::format("{}: there are at most {} rules and {} marks", file, kMostRules, kMostMarks));
  for (auto& [rule, after, answers, not_after, unless, over] : written.rules) {
    rule.after = mark_of(after);
    rule.answers = mark_of(answers);
    rule.not_after = mark_of(not_after);
    rule.unless = mark_of(unless);
    for (const auto& other : over) rule.over.push_back(other.name);
    put(result.rules_, std::move(rule));
  }
  if (result.rules_.size() > kMostRules)
    throw settings::FileError(fmt::format("{}: there are at most {} rules and {} marks", file, kMostRules, kMostMarks));
  for (const auto& rule : written.rules)
    for (const auto& other : rule.over) look_up(result.rules_, other, "rule");
  if (result.steps() > kMostSteps)
    throw settings::FileError(fmt::format("{}: at most {} rules and marks may have 'step'", file, kMostSteps));
  *this = std::move(result);
}

size_t Rules::steps() const {
  const auto asks = [](const auto& one) { return one.pattern.step.has_value(); };
  return static_cast<size_t>(std::count_if(rules_.begin(), rules_.end(), asks) +
                             std::count_if(marks_.begin(), marks_.end(), asks));
}

Rules load_rules(const std::vector<std::string>& folders, const std::vector<std::string>& files,
                 const ReadCondition& read) {
  Rules rules(read);
  const auto add = [&](const std::string& file) { rules.add(settings::read_file(kRuleFiles, file), file, read); };
  for (const auto& folder : folders)
    for (const auto& file : settings::files_of(folder)) add(file);
  for (const auto& file : files) add(file);
  return rules;
}

}  // namespace skbtrail::diagnose
