#include "cli/command_line.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/options.h"
#include "output/wrapped.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

std::string before(std::string_view tool) {
  return tool.empty() ? "" : fmt::format("{}: ", tool);
}

std::string name_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name() : "--" + option.get_lnames()[0];
}

// Flags may be denied, --time=false, and take no other value.
void check_flags(const CLI::App& app, std::string_view tool) {
  for (const auto* option : app.get_options()) {
    bool flag = false;
    if (option->get_items_expected_max() > 0 || !option->count()) continue;
    if (const auto& value = option->results().back(); !CLI::detail::lexical_cast(value, flag))
      throw UsageError(fmt::format("{}{}: '{}' is neither true nor false", before(tool), name_of(*option), value));
  }
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// Letters after one minus, the last of which may take a value: -vc5. Returns the option whose value is the next word.
const CLI::Option* last_letter(const CLI::App& app, std::string_view word) {
  for (size_t i = 1; i < word.size(); i++) {
    const auto* option = app.get_option_no_throw(std::string("-") + word[i]);
    if (!option) return nullptr;
    if (option->get_items_expected_min() > 0) return i + 1 == word.size() ? option : nullptr;
  }
  return nullptr;
}

// The same of a whole word. CLI11 skips an empty value after '=' and takes the next word instead.
const CLI::Option* option_before_value(const CLI::App& app, const std::string& word, std::string_view tool) {
  if (!word.starts_with("--")) return word.size() > 1 && word.front() == '-' ? last_letter(app, word) : nullptr;
  const size_t equals = word.find('=');
  const auto* option = app.get_option_no_throw(word.substr(0, equals));
  if (!option) return nullptr;
  if (equals + 1 == word.size() && option->get_items_expected_max() > 0)
    throw UsageError(fmt::format("{}{}: requires a value", before(tool), name_of(*option)));
  return equals == std::string::npos && option->get_items_expected_min() > 0 ? option : nullptr;
}

// An option that has no value would take the next word for it, whatever that is.
void check_values(const CLI::App& app, const std::vector<std::string>& arguments, std::string_view tool) {
  for (size_t i = 0; i < arguments.size() && arguments[i] != "--"; i++) {
    const auto* option = option_before_value(app, arguments[i], tool);
    if (!option || ++i == arguments.size()) continue;  // as the last word CLI11 tells it
    if (const auto& value = arguments[i]; value.starts_with('-') && app.get_option_no_throw(value))
      throw UsageError(fmt::format("{0}{1}: requires a value, and '{2}' is an option; as a value it is '{1}={2}'",
                                   before(tool), name_of(*option), value));
  }
}

}  // namespace

void parse_command_line(CLI::App& app, std::vector<std::string> arguments, std::string_view tool) {
  check_values(app, arguments, tool);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(arguments);
    check_flags(app, tool);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string message = error.what();
    const std::string name = message.substr(0, message.find(':'));
    const auto* option = app.get_option_no_throw(name);
    throw UsageError(before(tool) + name +
                     (option && option->count() > 1 ? ": given more than once" : ": requires a value"));
  } catch (const CLI::ParseError& error) {
    check_flags(app, tool);
    throw UsageError(before(tool) + error.what());
  }
}

void refuse_option(const CLI::App& app, std::string_view word, std::string_view tool,
                   std::span<const UnsupportedOption> unsupported) {
  const std::string name(word.substr(0, word.find('=')));
  for (const auto& [options, hint] : unsupported)
    if (const auto known = text::split_list(options); std::find(known.begin(), known.end(), name) != known.end())
      throw UsageError(fmt::format("{}option {} is not supported here; {}", before(tool), name, hint));
  throw UsageError(
      fmt::format("{}unrecognized option '{}'{}", before(tool), name, text::did_you_mean(name, option_names(app))));
}

std::string help_line(std::string names, std::string_view value, std::string_view meaning) {
  constexpr size_t kColumn = 26, kWidth = 80;
  if (const auto comma = names.find(','); comma != std::string::npos) names.insert(comma + 1, " ");
  if (!value.empty()) names += (value.starts_with('[') ? "" : " ") + std::string(value);
  fmt::memory_buffer line;
  if (names.size() > kColumn - 4)
    fmt::format_to(fmt::appender(line), "  {}\n{:{}}", names, "", kColumn);
  else
    fmt::format_to(fmt::appender(line), "  {:{}}", names, kColumn - 2);
  output::Wrapped(line, kWidth, false, kColumn, kColumn).add_text(meaning);
  return fmt::to_string(line) + '\n';
}

std::vector<std::string> chosen_names(const std::vector<std::string>& names, const std::vector<std::string>& patterns,
                                      bool (*is_named)(const std::string& name, const std::string& pattern),
                                      std::vector<bool>& used) {
  if (patterns.empty()) return names;
  std::vector<std::string> found;
  for (const auto& name : names) {
    bool wanted = false;
    for (size_t i = 0; i < patterns.size(); i++)
      if (is_named(name, patterns[i])) wanted = used[i] = true;
    if (wanted) found.push_back(name);
  }
  return found;
}

std::vector<std::string> split_lists(const std::vector<std::string>& lists) {
  std::vector<std::string> parts;
  for (const auto& list : lists)
    for (auto& part : text::split_list(list)) parts.push_back(std::move(part));
  return parts;
}

}  // namespace skbtrail::cli
