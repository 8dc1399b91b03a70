// -w of a live trace: files that are open before anything is attached, and recorders once it is known what is traced.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "event/names.h"
#include "probe/tracepoints.h"
#include "recording/recorder.h"
#include "run/options.h"

namespace skbtrail::run {

class LiveRecordings {
 public:
  // Throws std::system_error where a file cannot be made.
  LiveRecordings(const RecordingOptions& options, const filter::Conditions& conditions);

  // Borrows the names.
  void begin(const std::vector<probe::Probe>& probes, std::vector<std::string> drop_reasons, const event::Names& names);

  [[nodiscard]] const std::vector<std::unique_ptr<recording::Recorder>>& recorders() const { return recorders_; }

 private:
  const RecordingOptions& options_;
  const filter::Conditions& conditions_;
  std::vector<std::unique_ptr<recording::Files>> files_;  // until they are given to their recorders
  std::vector<std::unique_ptr<recording::Recorder>> recorders_;
};

}  // namespace skbtrail::run
