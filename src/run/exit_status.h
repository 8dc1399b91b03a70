// How a live run ends, once all is told.
#pragma once

#include <optional>

#include "run/outputs.h"
#include "run/traced_command.h"

namespace skbtrail::run {

struct Ending {
  int signal = 0;            // that was received; 0: none
  bool out_of_time = false;  // --duration is over
  bool strict_loss = false;  // --strict, and something was lost
};

// The command's, where there is one, which is ended or waited for. 3 where that would be 0 and --strict minds; where an
// output failed kFailedWithCommand, or RunError if no command runs any more.
int exit_status(std::optional<TracedCommand>& command, const Outputs& outputs, const Ending& ending);

}  // namespace skbtrail::run
