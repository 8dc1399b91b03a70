// `skbtrail as TOOL ARG ...`: behave as a tool that people know, with its words and its lines. A program file of such a
// name (a symbolic link) behaves as that tool, too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/subcommand.h"

namespace skbtrail::cli {

int as_command(std::vector<std::string> arguments, RunState& state);

// Whether a program of this name (argv[0]) is one of the tools; puts the words in front of `arguments` that say so.
bool behaves_as(std::string_view program, std::vector<std::string>& arguments);

}  // namespace skbtrail::cli
