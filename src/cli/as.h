// `skbtrail as TOOL ARG ...`: behave as a tool that people know, with its words and its lines. A program file of such a
// name (a symbolic link) behaves as that tool, too.
//
// To add a tool: its file as_TOOL.cc, which turns the tool's words into those of trace, and a row in as.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/subcommand.h"

namespace skbtrail::cli {

int as_command(std::vector<std::string> arguments, RunState& state);

// Whether a program of this name (argv[0]) is one of the tools; puts the words in front of `arguments` that say so.
bool behaves_as(std::string_view program, std::vector<std::string>& arguments);

// The tools. `arguments` are those behind the name.
int as_tracepkt(std::vector<std::string> arguments, RunState& state);
int as_nettrace(std::vector<std::string> arguments, RunState& state);
int as_perf(std::vector<std::string> arguments, RunState& state);
int as_perf_trace(std::vector<std::string> arguments, RunState& state);

}  // namespace skbtrail::cli
