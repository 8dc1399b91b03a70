// `skbtrail read`: recordings and captures of others through the layouts and filters of a live run.
#pragma once

#include "cli/subcommand.h"

namespace skbtrail::cli {

int read_command(std::vector<std::string> arguments, RunState& state);

}  // namespace skbtrail::cli
