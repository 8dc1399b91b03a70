// Where a function that decides about packets (event/decider.h) has what the sections `hook` and `table` are filled
// from: found among its arguments by their types in this kernel, and never by its version.
#pragma once

#include "kernel/btf.h"
#include "probe/tracepoints.h"

namespace skbtrail::probe {

// Adds those sections that can be filled; none, where the function decides nothing.
void add_decider_arguments(Probe& probe, const kernel::Function& function);

}  // namespace skbtrail::probe
