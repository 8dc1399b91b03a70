#include "cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/options.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

std::string before(std::string_view tool) {
  return tool.empty() ? "" : fmt::format("{}: ", tool);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

}  // namespace

void parse_command_line(CLI::App& app, std::vector<std::string> arguments, std::string_view tool) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(arguments);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string message = error.what();
    const std::string name = message.substr(0, message.find(':'));
    const auto* option = app.get_option_no_throw(name);
    throw UsageError(before(tool) + name +
                     (option && option->count() > 1 ? ": given more than once" : ": requires a value"));
  } catch (const CLI::ParseError& error) {
    throw UsageError(before(tool) + error.what());
  }
}

void refuse_option(const CLI::App& app, std::string_view word, std::string_view tool,
                   std::span<const UnsupportedOption> unsupported) {
  const std::string name(word.substr(0, word.find('=')));
  for (const auto& [option, hint] : unsupported)
    if (option == name)
      throw UsageError(fmt::format("{}option {} is not supported here; {}", before(tool), name, hint));
  const std::string near = text::nearest(name, option_names(app));
  throw UsageError(fmt::format("{}unrecognized option '{}'{}", before(tool), name,
                               near.empty() ? "" : "; did you mean " + near + "?"));
}

std::vector<std::string> split_lists(const std::vector<std::string>& lists) {
  std::vector<std::string> parts;
  for (const auto& list : lists)
    for (auto& part : text::split_list(list)) parts.push_back(std::move(part));
  return parts;
}

}  // namespace skbtrail::cli
