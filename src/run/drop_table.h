// `skbtrail drop --table`, from attached to detached.
#pragma once

#include "kernel/drop_reasons.h"
#include "run/options.h"
#include "run/plan.h"
#include "run/targets.h"

namespace skbtrail::run {

// What is asked for without its reasons: these are decided in the kernel (count_drops()).
TraceOptions without_reasons(const TraceOptions& options);

// `intent` is that of without_reasons(options). Returns the exit status. Throws RunError, SessionError,
// std::system_error where the run cannot start or go on.
int count_drops(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent);

}  // namespace skbtrail::run
