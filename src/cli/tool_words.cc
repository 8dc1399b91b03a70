#include "cli/tool_words.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

namespace skbtrail::cli {

namespace {

// "-s,--saddr" to "--saddr".
std::string name_of(const ToolOption& option) {
  const std::string_view names = option.names;
  return std::string(names.substr(names.find("--")).substr(0, names.substr(names.find("--")).find(',')));
}

std::string help_of(std::span<const ToolOption> options, decltype(Tool::line) line) {
  std::string text;
  for (const auto& option : options) {
    const std::string names = option.names;
    const size_t end = names.find(",--", names.find("--"));
    if (*option.meaning) text += line(names.substr(0, end), option.value, option.meaning);
  }
  return text;
}

}  // namespace

template <typename Use>
void ToolWords::for_each_option(Use use) const {
  std::for_each(tool_.options.begin(), tool_.options.end(), use);
  std::for_each(tool_.own.begin(), tool_.own.end(), use);
}

ToolWords::ToolWords(const Tool& tool, std::vector<std::string> arguments)
    : tool_(tool), app_(std::make_unique<CLI::App>()) {
  app_->set_help_flag();
  for_each_option([&](const ToolOption& option) {
    if (option.takes == Takes::nothing) return void(app_->add_flag(option.names));
    CLI::Option* added = app_->add_option(option.names);
    if (option.takes == Takes::list) added->take_all();
  });
  tool.rest == Rest::command ? app_->prefix_command() : app_->allow_extras();
  parse_command_line(*app_, std::move(arguments), tool.name);
  rest_ = app_->remaining();
  if (!has("--help")) check_rest();
}

ToolWords::~ToolWords() = default;

void ToolWords::check_rest() {
  if (rest_.empty()) return;
  if (tool_.rest == Rest::none && !rest_.front().starts_with("-"))
    throw UsageError(fmt::format("{}: unexpected argument '{}'; {}", tool_.name, rest_.front(), tool_.instead));
  const auto end = std::find(rest_.begin(), tool_.rest == Rest::words ? rest_.end() : rest_.begin() + 1, "--");
  for (auto word = rest_.begin(); word != end; ++word)
    if (word->starts_with(tool_.rest == Rest::words ? "--" : "-"))
      refuse_option(*app_, *word, tool_.name, tool_.missing);
}

bool ToolWords::has(const std::string& name) const {
  const auto* option = app_->get_option(name);
  return option->count() > 0 && (option->get_items_expected_max() > 0 || option->as<bool>());
}

bool ToolWords::denies(const std::string& name) const {
  return app_->count(name) > 0 && !has(name);
}

std::string ToolWords::value(const std::string& name) const {
  return app_->count(name) ? app_->get_option(name)->results().front() : "";
}

std::vector<std::string> ToolWords::list(const std::string& name) const {
  return app_->get_option(name)->results();
}

std::vector<std::string> ToolWords::parts(const std::string& name) const {
  return split_lists(list(name));
}

std::vector<std::string> ToolWords::handed_on() const {
  std::vector<std::string> line;
  for_each_option([&](const ToolOption& option) {
    const std::string name = name_of(option);
    if (!option.ours || !has(name)) return;
    if (std::find(dropped_.begin(), dropped_.end(), option.ours) != dropped_.end()) return;
    if (option.takes == Takes::nothing) return line.push_back(option.ours);
    for (const auto& value : app_->get_option(name)->results()) line.insert(line.end(), {option.ours, value});
  });
  return line;
}

std::string ToolWords::page() const {
  return fmt::format("{}{}\nOf skbtrail:\n{}{}", tool_.help, help_of(tool_.options, tool_.line),
                     help_of(tool_.own, help_line), tool_.examples);
}

TraceOptions ToolWords::parse(const std::vector<std::string>& more) const {
  auto line = handed_on();
  line.insert(line.end(), more.begin(), more.end());
  try {
    auto options = parse_trace_options(std::move(line));
    options.following.mode = run::Follow::never;  // they judge each event by itself, unless they say otherwise
    options.display.layout = &output::layout_named(tool_.layout);
    options.display.fields =
        event::choose_fields(fmt::format("{}{}", tool_.fields, options.sections.stack ? ",stack" : ""), {});
    return options;
  } catch (const UsageError& error) {
    std::string message = error.wrong;
    for_each_option([&](const ToolOption& option) {
      if (option.ours && message.starts_with(std::string(option.ours) + ":"))
        message.replace(0, std::string_view(option.ours).size(), name_of(option));
    });
    throw UsageError(message);
  }
}

}  // namespace skbtrail::cli
