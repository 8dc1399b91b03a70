// A reading of recordings, from the first event to the summary.
#pragma once

#include "recording/merge.h"
#include "run/options.h"

namespace skbtrail::run {

// `files` have begun. Returns the exit status. Throws UsageError where a name is nowhere in them, RunError where
// nothing is chosen or something could not be written, std::system_error where an output cannot be made.
int read(const TraceOptions& options, const RecordedOptions& recorded, recording::Merge& files);

}  // namespace skbtrail::run
