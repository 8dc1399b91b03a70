#include "run/live_recordings.h"

#include <utility>

namespace skbtrail::run {

LiveRecordings::LiveRecordings(const TraceOptions& options) : options_(options) {
  for (const auto& destination : options.recordings) files_.push_back(std::make_unique<recording::Files>(destination));
}

void LiveRecordings::begin(const std::vector<probe::Probe>& probes, std::vector<std::string> drop_reasons,
                           const event::Names& names) {
  if (files_.empty()) return;
  auto head = recording::Head::of_this_host();
  head.program = "skbtrail " SKBTRAIL_VERSION;
  head.command = options_.words;
  head.pid = options_.conditions.pid;
  head.comm = options_.conditions.comm;
  for (const auto& probe : probes) {
    auto result =
        probe.function ? std::shared_ptr<const event::ResultFormat>(probe.function, &probe.function->result) : nullptr;
    head.probes.push_back({probe.name, probe.format, std::move(result), probe.group, probe.reset_reasons});
  }
  head.drop_reasons = std::move(drop_reasons);
  for (size_t i = 0; i < files_.size(); i++)
    recorders_.push_back(
        std::make_unique<recording::Recorder>(std::move(files_[i]), head, names, options_.recordings[i]));
}

}  // namespace skbtrail::run
