// What all command lines here have in common: CLI11 takes the options, and its errors, and words that are no option,
// become ours.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::cli {

// An option of the tool that skbtrail behaves as, which it does not have itself.
struct UnsupportedOption {
  std::string_view name;  // "--timeline"
  std::string_view hint;  // what there is instead
};

// Takes the options off; what is left is app.remaining(). `tool` is before a message: "perf trace", or nothing.
// Throws UsageError.
void parse_command_line(CLI::App& app, std::vector<std::string> arguments, std::string_view tool = "");

// Throws UsageError for `word` ("--foo=bar", "-x"), with the nearest option that there is.
[[noreturn]] void refuse_option(const CLI::App& app, std::string_view word, std::string_view tool = "",
                                std::span<const UnsupportedOption> unsupported = {});

// Lists of options that may be given several times: {"a,b", "c"} to a, b, c.
std::vector<std::string> split_lists(const std::vector<std::string>& lists);

}  // namespace skbtrail::cli
