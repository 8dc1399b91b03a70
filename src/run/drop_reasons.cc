#include "run/drop_reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "diagnose/reason_choice.h"
#include "run/errors.h"

namespace skbtrail::run {

namespace {

// Those of `words` that this kernel has.
std::vector<std::string> chosen_here(const char* option, const std::vector<std::string>& words,
                                     const std::vector<std::string>& here, std::vector<std::string>& absent) {
  const std::set<std::string> has(here.begin(), here.end());
  const auto known = known_reason_names(reasons_of_this_host(), here);
  std::vector<std::string> names;
  try {
    for (const auto& word : words) {
      const auto chosen = diagnose::choose_reasons({word}, known, fmt::format("{}: ", option));
      const bool some = std::any_of(chosen.begin(), chosen.end(), [&](const auto& name) { return has.contains(name); });
      if (!some) absent.push_back(word);
      for (const auto& name : chosen)
        if (has.contains(name)) names.push_back(name);
    }
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  return names;
}

// Those of --reason, of which there has to be one.
std::vector<std::string> wanted_here(const std::vector<std::string>& words, const std::vector<std::string>& here,
                                     std::vector<std::string>& absent) {
  auto reasons = chosen_here("--reason", words, here, absent);
  if (here.empty()) throw RunError("--reason: this kernel tells no drop reasons (Linux 5.17 does)");
  if (reasons.empty()) throw RunError(fmt::format("--reason: this kernel does not have {}", fmt::join(absent, ", ")));
  return reasons;
}

// For --where.
std::string quoted(const std::vector<std::string>& names) {
  return fmt::format("(\"{}\")", fmt::join(names, "\", \""));
}

}  // namespace

diagnose::Reasons reasons_of_this_host() {
  try {
    return diagnose::load_reasons(settings::folders(diagnose::kReasonFiles));
  } catch (const settings::FileError& error) {
    throw UsageError(error.what());
  }
}

std::vector<std::string> known_reason_names(const diagnose::Reasons& reasons, const std::vector<std::string>& here) {
  std::vector<std::string> names;
  for (const auto& reason : reasons.all()) names.push_back(reason.name);
  for (const auto& name : here)
    if (!reasons.find(name)) names.push_back(name);
  return names;
}

std::string condition_on_drops(const FilterOptions& options, const std::vector<std::string>& here,
                               std::vector<std::string>& absent) {
  if (!options.drops) return options.where;
  std::string condition = options.where.empty() ? "" : fmt::format("({})", options.where);
  const auto add = [&](std::string text) { condition += (condition.empty() ? "" : " and ") + std::move(text); };
  const auto& [wanted, unwanted] = *options.drops;
  if (!wanted.empty()) add("drop_reason in " + quoted(wanted_here(wanted, here, absent)));
  const auto excluded = chosen_here("--not-reason", unwanted, here, absent);
  if (!excluded.empty()) add("not drop_reason in " + quoted(excluded));
  return condition;
}

CountedReasons reasons_to_count(const DropChoice& choice, const kernel::DropReasons& here,
                                std::vector<std::string>& absent) {
  const auto names = here.names();
  std::vector<std::string> chosen;
  if (!choice.reasons.empty()) chosen = wanted_here(choice.reasons, names, absent);
  const auto excluded = chosen_here("--not-reason", choice.not_reasons, names, absent);
  CountedReasons counted;
  if (!chosen.empty())
    std::erase_if(
        chosen, [&](const auto& name) { return std::find(excluded.begin(), excluded.end(), name) != excluded.end(); });
  if (!choice.reasons.empty() && chosen.empty()) throw RunError("--not-reason leaves none of --reason");
  if (chosen.empty() && excluded.empty()) return counted;
  counted.choice = chosen.empty() ? REASONS_NOT_CHOSEN : REASONS_CHOSEN;
  for (const auto& name : chosen.empty() ? excluded : chosen)
    for (const uint32_t number : here.numbers(name)) counted.numbers.push_back(number);
  return counted;
}

}  // namespace skbtrail::run
