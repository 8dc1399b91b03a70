// The files of a command line, held against each other before any of them is opened.
#pragma once

#include "cli/options.h"

namespace skbtrail::cli {

// Throws UsageError where two outputs are one file, an output is a file that is read, or a recording would go to a
// terminal. `inputs`: "-" is standard
// input.
void check_files(const TraceOptions& options, const std::vector<std::string>& inputs);

}  // namespace skbtrail::cli
