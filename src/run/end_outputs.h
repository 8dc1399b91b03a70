// The end of what a run tells to outputs: those that keep it first, so that what is printed can say what they could not
// keep. Persons have theirs later, when all is known.
#pragma once

#include <functional>
#include <vector>

#include "event/sink.h"
#include "event/summary.h"
#include "output/printed.h"
#include "run/outputs.h"
#include "run/pipeline.h"
#include "run/statistics.h"

namespace skbtrail::run {

struct Ended {
  Pipeline& pipeline;
  Outputs& outputs;
  output::Printed& printed;
  const Statistics& statistics;
};

// `notices`: the last ones, for a layout that has some (--notices). What fails is noted in the outputs.
void end_outputs(const Ended& ended, const std::function<std::vector<event::Notice>(const event::Summary&)>& notices);

}  // namespace skbtrail::run
