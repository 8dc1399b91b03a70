// A trace must not show its own output on its way to whoever reads it.
#pragma once

#include "cli/options.h"

namespace skbtrail::cli {

// What is printed on a terminal that is reached so leaves the session's own connection out, where nothing else says
// which packets are wanted; everything else stays as it is.
TraceOptions without_own_connection(TraceOptions options);

}  // namespace skbtrail::cli
