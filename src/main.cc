// The program: which subcommand, and what its failures come to.
#include <fmt/format.h>

#include <clocale>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/trace.h"
#include "output/schema.h"
#include "stream/session.h"

namespace {

using namespace skbtrail;

constexpr int kFailed = 1;
constexpr int kWrongCommandLine = 2;
constexpr int kFailedWithCommand = 125;

int print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 ? 0 : kFailed;
}

int run(const cli::TraceOptions& options) {
  switch (options.page) {
    case cli::Page::short_help: return print(cli::short_help());
    case cli::Page::long_help: return print(cli::long_help());
    case cli::Page::version: return print("skbtrail " SKBTRAIL_VERSION "\n");
    case cli::Page::tracers: return print(cli::tracer_page());
    case cli::Page::fields:
      return print(options.layout == cli::LayoutName::json ? output::json_schema() : output::field_table());
    case cli::Page::none: break;
  }
  return cli::run_trace(options);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "trace") arguments.erase(arguments.begin());
  bool with_command = false;
  bool verbose = false;
  try {
    auto options = cli::parse_trace_options(std::move(arguments));
    with_command = !options.command.empty();
    verbose = options.verbose;
    return run(options);
  } catch (const cli::UsageError& error) {
    fmt::print(stderr, "skbtrail: {}\ntry 'skbtrail --help'\n", error.what());
    return kWrongCommandLine;
  } catch (const stream::SessionError& error) {
    fmt::print(stderr, "{}skbtrail: {}\n", verbose ? error.log : "", error.what());
    return with_command ? kFailedWithCommand : kFailed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "skbtrail: {}\n", error.what());
    return with_command ? kFailedWithCommand : kFailed;
  }
}
