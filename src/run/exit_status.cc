#include "run/exit_status.h"

#include "output/standard_error.h"
#include "run/errors.h"

namespace skbtrail::run {

int exit_status(std::optional<TracedCommand>& command, const Outputs& outputs, const Ending& ending) {
  const bool failed = !outputs.failure().empty();
  if (failed && (!command || command->ended())) throw RunError(outputs.failure());
  if (failed) output::tell(output::message(outputs.failure()));  // and not only when the command ends
  const int status = command ? command->exit_status(ending.signal, ending.out_of_time) : 0;
  if (failed) return kFailedWithCommand;
  return status == 0 && ending.strict_loss ? 3 : status;
}

}  // namespace skbtrail::run
