// What all command lines here have in common: CLI11 takes the options, and its errors, and words that are no option,
// become ours.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/netns.h"
#include "run/errors.h"
#include "text/advised.h"

namespace CLI {
class App;  // its header is for those alone who declare options or ask for them: it takes seconds to compile
}

namespace skbtrail::cli {

// Options of the tool that skbtrail behaves as, which it does not have itself.
struct UnsupportedOption {
  std::string_view names;  // "-m,--mmap-pages"
  std::string_view hint;   // what there is instead
};

// Takes the options off; what is left is app.remaining(). `tool` is before a message: "perf trace", or nothing.
// Throws UsageError.
void parse_command_line(CLI::App& app, std::vector<std::string> arguments, std::string_view tool = "");

// Throws UsageError for `word` ("--foo=bar", "-x"), with the nearest option that there is.
[[noreturn]] void refuse_option(const CLI::App& app, std::string_view word, std::string_view tool = "",
                                std::span<const UnsupportedOption> unsupported = {});

// What `parse` returns; what it throws of a wrong value becomes UsageError.
template <typename Parse>
auto report_as_usage_error(Parse parse) try {
  return parse();
} catch (const text::Advised& error) {
  throw run::UsageError(error.what(), error.wrong);
} catch (const std::invalid_argument& error) {
  throw run::UsageError(error.what());
} catch (const kernel::UnknownNetns& error) {
  throw run::UsageError(std::string("--netns: ") + error.what());
}

// A line of --help, "  -p, --proto P           of this protocol"; more than one where it is wider than 80 columns.
// `names`: "-p,--proto"; `value`: "P", "[=LIST]"; empty: it has none.
std::string help_line(std::string names, std::string_view value, std::string_view meaning);

// Which of `names` the patterns choose; all without a pattern. `used` is told of each pattern that chose one.
std::vector<std::string> chosen_names(const std::vector<std::string>& names, const std::vector<std::string>& patterns,
                                      bool (*is_named)(const std::string& name, const std::string& pattern),
                                      std::vector<bool>& used);

// Lists of options that may be given several times: {"a,b", "c"} to a, b, c.
std::vector<std::string> split_lists(const std::vector<std::string>& lists);

}  // namespace skbtrail::cli
