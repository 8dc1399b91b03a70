// `skbtrail drop`: every dropped packet once, why, and what to look at.
#pragma once

#include "cli/subcommand.h"

namespace skbtrail::cli {

int drop_command(std::vector<std::string> arguments, RunState& state);

}  // namespace skbtrail::cli
