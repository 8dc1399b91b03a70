// A live trace, from attached to detached.
#pragma once

#include "kernel/drop_reasons.h"
#include "run/options.h"
#include "run/plan.h"
#include "run/targets.h"

namespace skbtrail::run {

// Returns the exit status. Throws RunError, stream::SessionError, std::system_error where the run cannot start or go
// on.
int trace(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent);

}  // namespace skbtrail::run
