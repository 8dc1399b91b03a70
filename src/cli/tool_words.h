// The words of a tool that skbtrail behaves as: a table from its options to those of `trace`, and one parser.
//
//   constexpr ToolOption kOptions[] = {
//       {"-s,--saddr", Takes::value, "--saddr"},  // handed on
//       {"--detail", Takes::nothing},             // the tool sees to it: words.has("--detail")
//   };
//   const ToolWords words({"nettrace", kOptions, kMissing}, arguments);
//   auto options = words.parse({"--tracer", "ip"});
//
// kOwnHelp tells of kOwnOptions, in the tool's help.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.h"
#include "cli/options.h"

namespace skbtrail::cli {

enum class Takes : uint8_t { nothing, value, list };  // list: a value, and it may be given several times

struct ToolOption {
  const char* names;  // "-s,--saddr"
  Takes takes;
  const char* ours = nullptr;  // that of `trace` which is the same; null: there is none
};

// What is neither an option nor its value.
enum class Rest : uint8_t {
  none,     // is refused
  command,  // begins with the first such word, and ends the options
  words,    // goes to another program, short options that are not in the table included
};

// Of skbtrail, for tools in which these names mean nothing else.
constexpr ToolOption kOwnOptions[] = {
    {"--output-file", Takes::value, "--output-file"}, {"--ready-file", Takes::value, "--ready-file"},
    {"--duration", Takes::value, "--duration"},       {"--buffer", Takes::value, "--buffer"},
    {"--strict", Takes::nothing, "--strict"},         {"-h,--help", Takes::nothing},
};

struct Tool {
  std::string_view name;  // is before a message
  std::span<const ToolOption> options;
  std::span<const UnsupportedOption> missing = {};
  Rest rest = Rest::none;
  std::string_view instead = {};  // what a word that is refused would have to be
  std::span<const ToolOption> own = kOwnOptions;
};

constexpr const char* kOwnHelp = R"(
Of skbtrail:
  --output-file FILE    lines to a file
  --ready-file FILE     is made once everything is attached
  --duration T          stop after this time: 10 (seconds), 500ms, 3m
  --buffer SIZE         of all rings
  --strict              status 3 if an event was lost
)";

class ToolWords {
 public:
  // Throws UsageError. Borrows what `tool` borrows.
  ToolWords(const Tool& tool, std::vector<std::string> arguments);

  // By one of an option's names, "--saddr". A flag can be denied: --time=false.
  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] bool denies(const std::string& name) const { return app_.count(name) > 0 && !has(name); }
  // Empty: it was not given.
  [[nodiscard]] std::string value(const std::string& name) const;
  // Of an option that may be given several times: what was given, and "a,b" and "c" as a, b, c.
  [[nodiscard]] std::vector<std::string> list(const std::string& name) const {
    return app_.get_option(name)->results();
  }
  [[nodiscard]] std::vector<std::string> parts(const std::string& name) const;
  [[nodiscard]] const std::vector<std::string>& rest() const { return rest_; }

  // It is not handed on.
  void drop(const char* ours) { dropped_.emplace_back(ours); }

  // As `trace` takes what is handed on, and `more` after it. Throws UsageError, in the tool's own words.
  [[nodiscard]] TraceOptions parse(const std::vector<std::string>& more) const;

 private:
  void check_rest();
  template <typename Use>
  void for_each_option(Use use) const;
  [[nodiscard]] std::vector<std::string> handed_on() const;

  Tool tool_;
  CLI::App app_;
  std::vector<std::string> rest_;
  std::vector<std::string_view> dropped_;
};

}  // namespace skbtrail::cli
