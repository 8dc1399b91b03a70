// The tree of tracers that words of -t and -x are understood by.
#pragma once

#include <memory>

#include "probe/tracer_tree.h"
#include "run/options.h"

namespace skbtrail::run {

// Throws UsageError where a file of tracers is wrong.
std::shared_ptr<const probe::TracerTree> tree_of(const ProbeOptions& options);

}  // namespace skbtrail::run
