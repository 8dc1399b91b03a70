// The program: which subcommand, and what its failures come to.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/standard_streams.h"
#include "cli/trace.h"
#include "output/schema.h"
#include "stream/session.h"

namespace {

using namespace skbtrail;

constexpr int kFailed = 1;
constexpr int kWrongCommandLine = 2;
constexpr int kFailedWithCommand = 125;

int print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return 0;
  throw cli::RunError(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
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
  bool output_open = cli::secure_standard_streams();
  bool with_command = false;
  bool verbose = false;
  try {
    auto options = cli::parse_trace_options(std::move(arguments));
    with_command = !options.command.empty();
    verbose = options.verbose;
    if (!output_open && options.output_file.empty())
      throw cli::RunError("standard output is closed; -O FILE writes events to a file");
    return run(options);
  } catch (const cli::UsageError& error) {
    cli::tell(fmt::format("skbtrail: {}\ntry 'skbtrail --help'\n", error.what()));
    return kWrongCommandLine;
  } catch (const stream::SessionError& error) {
    cli::tell(fmt::format("{}skbtrail: {}\n", verbose ? error.log : "", error.what()));
    return with_command ? kFailedWithCommand : kFailed;
  } catch (const std::exception& error) {
    cli::tell(fmt::format("skbtrail: {}\n", error.what()));
    return with_command ? kFailedWithCommand : kFailed;
  }
}
