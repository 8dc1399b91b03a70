// The command line of `skbtrail trace`, understood and checked. Nothing is attached or opened here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/errors.h"
#include "run/options.h"

namespace skbtrail::cli {

using run::Color;
using run::CommandOutput;
using run::UsageError;

// What is printed instead of tracing.
enum class Page : uint8_t { none, short_help, long_help, version, tracers, fields };

struct TraceOptions : run::TraceOptions {
  Page page = Page::none;
};

// `arguments` without the program's name. Throws UsageError.
TraceOptions parse_trace_options(std::vector<std::string> arguments);

// `skbtrail drop`: the same, of dropped packets.
TraceOptions parse_drop_options(std::vector<std::string> arguments);
std::string drop_help();

// The text of --help, made from the options themselves, and of -h.
std::string long_help();
std::string short_help();

// `skbtrail read`: the same, of what a recording can be asked.
struct ReadOptions : run::RecordedOptions {
  TraceOptions trace;
};

ReadOptions parse_read_options(std::vector<std::string> arguments);
std::string read_help();

}  // namespace skbtrail::cli
