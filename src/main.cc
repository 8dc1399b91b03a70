// The program: which subcommand, and what its failures come to.
#include <fmt/format.h>

#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include "cli/ample_stack.h"
#include "cli/as.h"
#include "cli/doctor.h"
#include "cli/drop.h"
#include "cli/list.h"
#include "cli/options.h"
#include "cli/read.h"
#include "cli/standard_streams.h"
#include "cli/subcommand.h"
#include "cli/trace.h"
#include "stream/session.h"

namespace {

using namespace skbtrail;

constexpr int kWrongCommandLine = 2;

// The first is the default.
constexpr cli::Subcommand kSubcommands[] = {
    {"trace", cli::trace_command}, {"drop", cli::drop_command},     {"list", cli::list_command},
    {"as", cli::as_command},       {"doctor", cli::doctor_command}, {"read", cli::read_command},
};

// `help` as the first word: as git, ip and others have it. `help list` is `list --help`.
void expand_help(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != "help") return;
  const bool of_subcommand = arguments.size() > 1 && !arguments[1].starts_with('-');
  arguments = of_subcommand ? std::vector<std::string>{arguments[1], "--help"} : std::vector<std::string>{"-h"};
}

// Takes the subcommand's name off the front.
const cli::Subcommand& take_subcommand(std::vector<std::string>& arguments) {
  for (const auto& subcommand : kSubcommands) {
    if (arguments.empty() || arguments.front() != subcommand.name) continue;
    arguments.erase(arguments.begin());
    return subcommand;
  }
  return kSubcommands[0];
}

int run(const cli::Subcommand& subcommand, std::vector<std::string> arguments, cli::RunState& state) {
  try {
    return subcommand.run(std::move(arguments), state);
  } catch (const cli::UsageError& error) {
    const bool is_default = &subcommand == &kSubcommands[0];
    const std::string own = is_default ? "skbtrail --help" : fmt::format("skbtrail {} --help", subcommand.name);
    cli::tell(cli::message(error.what()) + fmt::format("try '{}'\n", error.help.empty() ? own : error.help));
    return kWrongCommandLine;
  }
}

int main_program(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (argc > 0) cli::behaves_as(argv[0], arguments);
  cli::RunState state;
  state.output_open = cli::secure_standard_streams();
  try {
    expand_help(arguments);
    const auto& subcommand = take_subcommand(arguments);
    return run(subcommand, std::move(arguments), state);
  } catch (const stream::SessionError& error) {
    cli::tell((state.verbose ? error.log : "") + cli::message(error.what()));
  } catch (const std::system_error& error) {
    // Those of std::thread say nothing but this; others, of the same errno, say what was tried.
    const bool is_of_thread =
        error.code() == std::errc::resource_unavailable_try_again && error.what() == error.code().message();
    cli::tell(cli::message(is_of_thread
                               ? "no thread can be started (EAGAIN): more tasks are not allowed; see pids.max of its "
                                 "control group, TasksMax= of a systemd unit, and 'ulimit -u'"
                               : error.what()));
  } catch (const std::exception& error) {
    cli::tell(cli::message(error.what()));
  }
  return state.failure_status;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::on_ample_stack([=] { return main_program(argc, argv); });
}
