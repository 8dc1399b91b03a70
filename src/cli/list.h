// `skbtrail list`: what can be traced on this kernel.
#pragma once

#include "cli/subcommand.h"

namespace skbtrail::cli {

int list_command(std::vector<std::string> arguments, RunState& state);

}  // namespace skbtrail::cli
