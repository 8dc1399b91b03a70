// The words of a tool that skbtrail behaves as: a table from its options to those of `trace`, and one parser.
//
//   constexpr ToolOption kOptions[] = {
//       {"-s,--saddr", Takes::value, "IP source address", "A", "--saddr"},  // handed on
//       {"--detail", Takes::nothing, "also skb, device and task"},          // the tool sees to it:
//       words.has("--detail")
//   };
//   const ToolWords words({.name = "nettrace", .help = kHelp, .options = kOptions, .layout = "nettrace"}, arguments);
//   if (words.has("--help")) return {.page = words.page()};
//   auto options = words.parse({"--tracer", "ip"});
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.h"
#include "cli/options.h"

namespace skbtrail::cli {

enum class Takes : uint8_t { nothing, value, list };  // list: a value, and it may be given several times

struct ToolOption {
  const char* names;  // "-s,--saddr"; what follows a long one is an alias, of which the help does not tell
  Takes takes;
  const char* meaning = "";    // in the help; empty: it does not tell of it here
  const char* value = "";      // the name of what it takes, in the help
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
    {"-h,--help", Takes::nothing, "this text"},
    {"--ready-file", Takes::value, "is made once everything is attached", "FILE", "--ready-file"},
    {"--buffer", Takes::value, "of all rings", "SIZE", "--buffer"},
    {"--strict", Takes::nothing, "status 3 if an event was lost", "", "--strict"},
    {"--output-file", Takes::value, "lines to a file", "FILE", "--output-file"},
    {"--duration", Takes::value, "stop after this time: 10 (seconds), 500ms, 3m", "T", "--duration"},
};

struct Tool {
  std::string_view name;  // is before a message
  const char* help;       // above the options
  const char* examples = "";
  std::span<const ToolOption> options;
  std::string (*line)(std::string names, std::string_view value, std::string_view meaning) = help_line;
  std::span<const UnsupportedOption> missing = {};
  Rest rest = Rest::none;
  std::string_view instead = {};  // what a word that is refused would have to be
  const char* layout;
  const char* fields;  // that the layout asks for, beside the stack
  std::span<const ToolOption> own = kOwnOptions;
};

class ToolWords {
 public:
  // Throws UsageError. Borrows what `tool` borrows.
  ToolWords(const Tool& tool, std::vector<std::string> arguments);
  ~ToolWords();

  // The help.
  [[nodiscard]] std::string page() const;

  // By one of an option's names, "--saddr". A flag can be denied: --time=false.
  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] bool denies(const std::string& name) const;
  // Empty: it was not given.
  [[nodiscard]] std::string value(const std::string& name) const;
  // Of an option that may be given several times: what was given, and "a,b" and "c" as a, b, c.
  [[nodiscard]] std::vector<std::string> list(const std::string& name) const;
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
  std::unique_ptr<CLI::App> app_;
  std::vector<std::string> rest_;
  std::vector<std::string_view> dropped_;
};

}  // namespace skbtrail::cli
