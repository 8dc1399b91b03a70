// The words of nettrace, understood; nothing is opened but the files of tracers that they name. For as_nettrace.cc and
// its tests.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace skbtrail::cli {

struct NettraceIntent {
  std::string page;      // is printed instead of tracing; empty: none
  TraceOptions options;  // if there is no page
};

// Throws UsageError.
NettraceIntent parse_nettrace_options(std::vector<std::string> arguments);

}  // namespace skbtrail::cli
