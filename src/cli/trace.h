// `skbtrail trace`: from understood options to an exit status.
#pragma once

#include "cli/options.h"
#include "cli/subcommand.h"

namespace skbtrail::cli {

using run::kFailedWithCommand;
using run::RunError;

// Throws RunError, stream::SessionError, std::system_error where the run cannot start or go on; UsageError where a name
// in the options turns out to be nowhere.
int run_trace(const TraceOptions& options);

// The same, once it is clear that there is somewhere to write to. Sets `state` for what may fail.
int run_options(const TraceOptions& options, RunState& state);

int trace_command(std::vector<std::string> arguments, RunState& state);

// The page after -t '?'.
std::string tracer_page(const TraceOptions& options);

}  // namespace skbtrail::cli
