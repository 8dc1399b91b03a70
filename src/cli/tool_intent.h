// The tools that skbtrail behaves as, and what becomes of their words. One file as_TOOL.cc each, which reads them
// (tool_words.h), and a row in as.cc.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace skbtrail::cli {

struct ToolIntent {
  std::string page;         // is printed instead of tracing; empty: none
  TraceOptions options;     // if there is no page
  std::string if_one_ends;  // is told where the command ends with status 1
};

// `arguments` are those after the tool's name. Throw UsageError. Nothing is opened but the files of tracers that the
// words of nettrace name; perf list looks tracepoints up in this kernel and throws RunError where it cannot.
ToolIntent parse_nettrace(std::vector<std::string> arguments);
ToolIntent parse_packetdrop(std::vector<std::string> arguments);
ToolIntent parse_perf(std::vector<std::string> arguments);
ToolIntent parse_perf_trace(std::vector<std::string> arguments);
ToolIntent parse_skbtracer(std::vector<std::string> arguments);
ToolIntent parse_tracepkt(std::vector<std::string> arguments);

}  // namespace skbtrail::cli
