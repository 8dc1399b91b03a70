// The tree of tracers as `-t '?'` prints it, for 80 columns: each group with its line, each tracer with how it is
// traced here and what it means.
#pragma once

#include <string>

#include "probe/tracer_tree.h"

namespace skbtrail::probe {

// `why_not` is asked for each name once. The reasons it gives are printed once each, numbered, at the end.
std::string tracer_tree_page(const TracerTree& tree, const WhyNot& why_not);

}  // namespace skbtrail::probe
