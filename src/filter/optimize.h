// Makes a packet filter shorter without changing what it says of any packet, cut ones included. libpcap's own optimiser
// (1.10) answers some expressions wrongly (it takes two tests of one address for one, and folds comparisons of
// constants), takes time with the cube of the length, and is not used.
//
//   1. Each statement becomes a value (filter/values.h).
//   2. An edge whose test's answer follows from what was answered on every way to it (filter/answers.h) leads past that
//      test. Repeated until nothing changes.
//   3. Many tests of few values for equality with constants (lists of addresses) become a search.
//   4. Code is made of the values that tests need, with what A and X hold already. Where a value depends on the way to
//      it, or there are too few memory cells, the code stays as it was, and only 2 is done.
//
// The time it takes grows with the number of nodes, and not faster, for all that libpcap makes of an expression.
#pragma once

#include <optional>

#include "filter/flow_graph.h"

namespace skbtrail::filter {

// Nothing where a node is longer than anybody would write by hand.
std::optional<FlowGraph> optimized(FlowGraph graph);

}  // namespace skbtrail::filter
