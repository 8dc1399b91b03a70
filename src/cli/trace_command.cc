// `skbtrail trace`: the words of the command line to a page or a run.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "cli/options.h"
#include "cli/subcommand.h"
#include "cli/trace.h"
#include "output/schema.h"
#include "text/habits.h"
#include "text/printable.h"

namespace skbtrail::cli {

namespace {

// Subcommands of a later version. Told before options, which would be found wrong first.
constexpr std::string_view kLater[] = {"report", "diff", "top", "serve", "join"};

void refuse_later(const std::vector<std::string>& arguments) {
  if (arguments.empty() || std::find(std::begin(kLater), std::end(kLater), arguments.front()) == std::end(kLater))
    return;
  throw UsageError(std::string(text::hint_for(text::word_habits(), arguments.front())));
}

std::string page_text(const TraceOptions& options) {
  switch (options.page) {
    case Page::short_help: return short_help();
    case Page::long_help: return long_help();
    case Page::version: return "skbtrail " SKBTRAIL_VERSION "\n";
    case Page::tracers: return tracer_page(options);
    case Page::fields: return options.display.prints_objects() ? output::json_schema() : output::field_table();
    case Page::none: break;
  }
  return "";
}

}  // namespace

void print(const std::string& text) {
  print_as_it_is(text::printable_lines(text));
}

void print_as_it_is(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) return;  // the reader has seen enough
  throw RunError(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

int run_options(const TraceOptions& options, RunState& state) {
  state.verbose = options.notices.verbose;
  if (!options.command.words.empty()) state.failure_status = kFailedWithCommand;
  if (!state.output_open && options.uses_standard_output())
    throw RunError("standard output is closed; -O FILE writes events to a file");
  return run_trace(options);
}

int trace_command(std::vector<std::string> arguments, RunState& state) {
  refuse_later(arguments);
  const auto options = parse_trace_options(std::move(arguments));
  if (options.page == Page::none) return run_options(options, state);
  if (!state.output_open) throw RunError("standard output is closed");
  print(page_text(options));
  return 0;
}

}  // namespace skbtrail::cli
