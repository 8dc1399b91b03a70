#include "run/live_recordings.h"

#include <utility>

namespace skbtrail::run {

LiveRecordings::LiveRecordings(const RecordingOptions& options, const filter::Conditions& conditions)
    : options_(options), conditions_(conditions) {
  for (const auto& destination : options.destinations)
    files_.push_back(std::make_unique<recording::Files>(destination));
}

void LiveRecordings::begin(const std::vector<probe::Probe>& probes, std::vector<std::string> drop_reasons,
                           const event::Names& names) {
  if (files_.empty()) return;
  auto head = recording::Head::of_this_host();
  head.program = "skbtrail " SKBTRAIL_VERSION;
  head.command = options_.command_line;
  head.pid = conditions_.pid;
  head.comm = conditions_.comm;
  for (const auto& probe : probes) {
    auto result =
        probe.function ? std::shared_ptr<const event::ResultFormat>(probe.function, &probe.function->result) : nullptr;
    head.probes.push_back({probe.name, probe.format, std::move(result), probe.group, probe.reset_reasons});
  }
  head.drop_reasons = std::move(drop_reasons);
  for (size_t i = 0; i < files_.size(); i++)
    recorders_.push_back(
        std::make_unique<recording::Recorder>(std::move(files_[i]), head, names, options_.destinations[i]));
}

}  // namespace skbtrail::run
