// Recordings as a source of events: read by time, decoded, put to the conditions that the kernel side has live, and
// handed to the pipeline.
//
//   Merge ─► Event::decode ─► -t, -x, packet filter, conditions ─► Pipeline
//                                          ▲
//                                          └── packets that matched before (matched_packets.h)
//
// Borrows everything. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "event/sink.h"
#include "filter/captured.h"
#include "recording/merge.h"
#include "run/matched_packets.h"
#include "run/options.h"
#include "run/pipeline.h"
#include "run/recorded_places.h"
#include "run/recorded_probes.h"

namespace skbtrail::run {

class RecordedSource {
 public:
  // `turn_to`: what is handed on next is of this reader, as it is now. Throws UsageError, RunError
  // (RecordedProbes).
  RecordedSource(const TraceOptions& options, const std::string& netns, recording::Merge& files, Pipeline& pipeline,
                 std::function<void(const recording::Reader&)> turn_to);

  // The next event or gap, of all files. False where there is none, or none yet. Throws std::system_error.
  bool take_next();
  // Paths of the files that may get more; none: all has been read.
  [[nodiscard]] std::vector<std::string> growing() const;
  [[nodiscard]] bool is_broken() const;

  // What is wrong with the files. `to_the_end`: all was wanted that there is.
  [[nodiscard]] std::vector<event::Notice> notices(bool to_the_end) const;

  // The tracers of --between.
  [[nodiscard]] const std::optional<output::BetweenChoice>& between() const { return between_; }

  // For Statistics.
  void count(event::Summary& summary) const;

 private:
  struct Skipped {
    uint64_t lost = 0, may_have_matched = 0;
  };

  [[nodiscard]] bool has_only_this_owner(const recording::Reader& reader) const;
  void take_event(const recording::Reader& reader);
  void take_gap(const recording::Reader& reader, event::Gap gap);
  void add_end(const recording::Reader& reader, event::Summary& sum) const;

  recording::Merge& files_;
  Pipeline& pipeline_;
  std::function<void(const recording::Reader&)> turn_to_;
  const filter::Conditions& conditions_asked_;
  filter::CapturedConditions conditions_;
  RecordedProbes recorded_probes_;
  ChosenProbes probes_;
  RecordedPlaces places_;
  ChosenProbes with_stack_;  // where the stack is wanted
  std::optional<output::BetweenChoice> between_;
  std::optional<MatchedPackets> matched_;  // where what becomes of packets that matched is chosen, too
  bool records_;                           // what is chosen
  bool is_choosy_;                         // some condition is put to each event
  uint64_t recorded_ = 0, indeterminate_ = 0, late_ = 0, malformed_ = 0;
  uint64_t first_ns_ = 0, last_ns_ = 0;
  std::unordered_map<const recording::Reader*, Skipped> told_skipped_;  // hits that the kernel skipped, by gaps
};

}  // namespace skbtrail::run
