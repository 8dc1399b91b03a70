#include "run/end_outputs.h"

#include <system_error>

namespace skbtrail::run {

void end_outputs(const Ended& ended, const std::function<std::vector<event::Notice>(const event::Summary&)>& notices) {
  Outputs& outputs = ended.outputs;
  const auto failed = [&](const std::system_error& error) { outputs.note(error.what()); };
  ended.pipeline.end_kept(ended.statistics.snapshot(), failed);
  auto counted = ended.statistics.snapshot();
  outputs.count(counted, &ended.printed.writer());
  if (ended.printed.takes_notices()) {
    if (!outputs.failure().empty()) ended.printed.notice({outputs.failure(), event::Notice::Level::warning});
    for (const auto& notice : notices(counted)) ended.printed.notice(notice);
  }
  ended.pipeline.end_shown(counted, failed);
}

}  // namespace skbtrail::run
