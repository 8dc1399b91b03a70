#include "run/read.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "output/person.h"
#include "output/standard_error.h"
#include "recording/selection.h"
#include "run/end_outputs.h"
#include "run/errors.h"
#include "run/loop.h"
#include "run/outputs.h"
#include "run/patience.h"
#include "run/pipeline.h"
#include "run/printing.h"
#include "run/recorded_source.h"
#include "run/signals.h"
#include "run/statistics.h"
#include "run/summary_file.h"
#include "run/where.h"

namespace skbtrail::run {

namespace {

constexpr std::chrono::milliseconds kLookAgain{50};   // at a file that grows
constexpr std::chrono::seconds kSilence{2};           // of a file that grows, until it is said that it is waited for
constexpr unsigned kLookUpEvery = 1024;               // events: at signals and outputs
constexpr std::chrono::milliseconds kLastWords{200};  // for standard error, at the end

// What the heads of all files know.
filter::KnownNames known_names(const recording::Merge& files) {
  filter::KnownNames names;
  for (const auto* head : heads_of(files)) {
    names.drop_reasons.insert(names.drop_reasons.end(), head->drop_reasons.begin(), head->drop_reasons.end());
    for (const auto& probe : head->probes) names.probes.push_back(probe.name);
  }
  return names;
}

// One reading, from the first event to the summary.
class ReadRun {
 public:
  ReadRun(const TraceOptions& options, const RecordedOptions& recorded, recording::Merge& files)
      : options_(options),
        files_(files),
        follows_(recorded.follow),
        where_(make_where(options.filter.where, known_names(files))),
        person_(options.notices.quiet, false),
        pipeline_(where_, {options.run.count, options.run.rate, options.trails.shown, options.shows_drops()},
                  {&person_}),
        source_(options, recorded.netns, files, pipeline_, [this](const auto& reader) { turn_to(reader); }),
        summary_file_(options.run.summary_file),
        printed_(make_printed(options, where_, source_.between())) {
    for (const auto& destination : options.recording.destinations)
      recordings_.push_back(std::make_unique<recording::Selection>(destination, files, options.recording.command_line,
                                                                   "skbtrail " SKBTRAIL_VERSION));
    connect();
  }

  int run();

 private:
  void connect();
  void turn_to(const recording::Reader& reader);
  void turn_to(const event::Names& names);
  void begin();
  void read_all();
  bool look_up();
  bool wait_for_more();
  void say_what_is_waited_for(const std::vector<std::string>& files);
  [[nodiscard]] bool should_end() const;
  void end();
  void report();
  // With what became of the events in each output.
  [[nodiscard]] event::Summary summary() const;

  const TraceOptions& options_;
  const recording::Merge& files_;
  bool follows_;
  std::optional<filter::Where> where_;
  output::Person person_;
  Pipeline pipeline_;
  RecordedSource source_;
  Signals signals_;
  Patience patience_{signals_};
  Loop loop_;
  SummaryFile summary_file_;
  std::unique_ptr<output::Printed> printed_;
  std::vector<std::unique_ptr<recording::Selection>> recordings_;
  Outputs outputs_;
  Statistics statistics_;
  bool reader_is_gone_ = false;
  std::optional<std::chrono::steady_clock::time_point> silent_since_;  // no event came since
  bool said_waiting_ = false;
  bool to_the_end_ = false;
};

void ReadRun::connect() {
  for (const auto& reader : files_.readers())
    reader->before_forgetting([this, &names = reader->names()] { pipeline_.names_end(names); });
  pipeline_.follow(options_.known_at(), [this](const event::Names& names) { turn_to(names); });
  if (options_.display.prints()) {
    pipeline_.show(*printed_);
    outputs_.add(printed_->writer());
  }
  for (const auto& recording : recordings_) {
    pipeline_.keep(recording->recorder());
    outputs_.add(recording->recorder());
  }
  outputs_.give_up_when([this] { return patience_.is_over(); });
  statistics_.add([this](event::Summary& summary) { pipeline_.count(summary); });
  statistics_.add([this](event::Summary& summary) { source_.count(summary); });
  statistics_.add([this](event::Summary& summary) { summary.trails = printed_->trails(); });
  loop_.watch(signals_.poll_fd(), EPOLLIN, [](uint32_t) {});
  loop_.watch(printed_->writer().fd(), 0, [this](uint32_t) { reader_is_gone_ = true; });
}

event::Summary ReadRun::summary() const {
  auto summary = statistics_.snapshot();
  outputs_.count(summary);
  return summary;
}

void ReadRun::turn_to(const recording::Reader& reader) {
  for (auto& recording : recordings_) recording->turn_to(reader);
}

// What was held is not what its reader is at.
void ReadRun::turn_to(const event::Names& names) {
  const auto& readers = files_.readers();
  const auto found =
      std::find_if(readers.begin(), readers.end(), [&](const auto& reader) { return &reader->names() == &names; });
  if (found == readers.end()) return;
  for (auto& recording : recordings_) recording->turn_to((*found)->names());
}

void ReadRun::begin() {
  if (auto hint = where_hint(options_.filter.where); !hint.empty()) pipeline_.notice({std::move(hint)});
  printed_->begin(0, !options_.notices.quiet);
}

bool ReadRun::should_end() const {
  return signals_.received() != 0 || outputs_.closed() || pipeline_.done();
}

// At the outputs and the signals, now and then. False where the reading is over.
bool ReadRun::look_up() {
  outputs_.check();
  if (outputs_.congested()) outputs_.wait_for_room();
  return !should_end();
}

// False where no file can grow any more.
bool ReadRun::wait_for_more() {
  outputs_.hand_over();
  outputs_.attempt([&] { printed_->writer().flush(); });
  if (!follows_) return false;
  const auto growing = source_.growing();
  if (growing.empty()) return false;
  say_what_is_waited_for(growing);
  loop_.turn(kLookAgain);
  return !reader_is_gone_;
}

// A file without its end may grow for ever, or be whole: one that another program wrote has none. Once.
void ReadRun::say_what_is_waited_for(const std::vector<std::string>& files) {
  const auto now = std::chrono::steady_clock::now();
  if (!silent_since_) silent_since_ = now;
  if (said_waiting_ || now - *silent_since_ < kSilence) return;
  said_waiting_ = true;
  pipeline_.notice({fmt::format("waiting for more of {}; Ctrl-C ends", fmt::join(files, ", "))});
}

void ReadRun::read_all() {
  begin();
  for (unsigned count = 0;; count++) {
    if (count % kLookUpEvery == 0 && !look_up()) break;
    if (source_.take_next()) {
      silent_since_.reset();
      if (pipeline_.done()) break;
    } else if (should_end() || !wait_for_more()) {
      break;
    } else {
      count = kLookUpEvery - 1;
    }
  }
}

// What this reading comes to is the end of what it wrote.
void ReadRun::end() {
  outputs_.attempt([&] { pipeline_.flush(); });
  to_the_end_ = !pipeline_.done() && !outputs_.closed() && signals_.received() == 0;
  end_outputs({pipeline_, outputs_, *printed_, statistics_},
              [this](const event::Summary&) { return source_.notices(to_the_end_); });
}

void ReadRun::report() {
  const bool to_the_end = to_the_end_ && !outputs_.closed() && signals_.received() == 0;
  for (const auto& notice : source_.notices(to_the_end)) pipeline_.tell_persons(notice);
  const auto sum = summary();
  pipeline_.end_persons(sum);
  summary_file_.write(sum);
}

int ReadRun::run() {
  outputs_.attempt([&] { read_all(); });
  end();
  output::limit_telling(kLastWords);
  report();
  if (!outputs_.failure().empty()) throw RunError(outputs_.failure());
  if (source_.is_broken()) return 1;
  return options_.run.strict && summary().lost_in_all() > 0 ? 3 : 0;
}

}  // namespace

int read(const TraceOptions& options, const RecordedOptions& recorded, recording::Merge& files) {
  return ReadRun(options, recorded, files).run();
}

}  // namespace skbtrail::run
