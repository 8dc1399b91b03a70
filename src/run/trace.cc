#include "run/trace.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "output/person.h"
#include "output/standard_error.h"
#include "run/counter_watch.h"
#include "run/counters_server.h"
#include "run/end_outputs.h"
#include "run/errors.h"
#include "run/exit_status.h"
#include "run/live_notices.h"
#include "run/live_recordings.h"
#include "run/live_source.h"
#include "run/loop.h"
#include "run/outputs.h"
#include "run/patience.h"
#include "run/pipeline.h"
#include "run/printing.h"
#include "run/signals.h"
#include "run/statistics.h"
#include "run/summary_file.h"
#include "run/traced_command.h"
#include "stream/live_names.h"
#include "stream/session.h"

namespace skbtrail::run {

namespace {

using std::chrono::milliseconds;
using Clock = Loop::Clock;

// While events come, the rings are emptied this often; a burst has this long to fill them.
constexpr milliseconds kDrainEvery{1};
// A pipe's reader waits at most this long for an event that was printed.
constexpr milliseconds kFlushEvery{100};
// What was printed, or waits for its turn, is not left alone longer than this.
constexpr milliseconds kWithSomeLeft{5};
constexpr milliseconds kWithTrailsOpen{20};  // for those that are complete by now
constexpr milliseconds kWhileCommandEnds{10};
// The time of day is looked at again, if there are events.
constexpr milliseconds kHousekeeping{1000};
// Standard error may take so long at the end.
constexpr milliseconds kLastWords{200};

// 0 where they are so many that the longest is hardly ever hit.
size_t longest_name(const std::vector<probe::Probe>& probes) {
  constexpr size_t kMost = SKBTRAIL_PROBES;
  size_t longest = 0;
  for (const auto& probe : probes) longest = std::max(longest, probe.name.size());
  return probes.size() <= kMost ? longest : 0;
}

// One run, from attached to detached.
class TraceRun {
 public:
  TraceRun(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent)
      : options_(options),
        targets_(targets),
        where_(std::move(intent.where)),
        notes_(std::move(intent.notes)),
        person_(options.notices.quiet, options.notices.terse),
        pipeline_(where_, {options.run.count, options.run.rate, options.trails.shown, options.shows_drops()},
                  {&person_}),
        summary_file_(options.run.summary_file),
        ready_file_(WholeFile::of(options.run.ready_file)),
        counters_(serve_counters()),
        printed_(make_printed(options, where_, intent.between)),
        recordings_(options.recording, options.filter.conditions),
        session_(with_progress(std::move(intent.plan))),
        names_(reasons, session_.probes(), [this](uint64_t id) { return session_.stack(id); }),
        source_(session_, names_, pipeline_, begun_ns_, intent.choosy) {
    pipeline_.follow(options.known_at());
    recordings_.begin(session_.probes(), reasons.names(), names_);
    connect_outputs();
    connect_statistics();
    if (options.run.reads_counters) counter_watch_.emplace(options.filter, targets);
  }

  int run();

 private:
  stream::Plan with_progress(stream::Plan plan);
  std::unique_ptr<CountersServer> serve_counters();
  void connect_outputs();
  void connect_statistics();
  void watch();
  void watch_outputs();
  void keep_house();
  void begin();
  void start_command();
  void loop();
  void flush_if_due(bool events_come);
  bool should_end();
  milliseconds sleep_time();
  void finish();
  void report();
  void tell_other_families();
  void tell_late_programs();
  void tell_counters(const event::Summary& sum);
  void say(const std::string& text) { pipeline_.notice({text}); }
  // With what became of the events in each output.
  [[nodiscard]] event::Summary summary() const;

  const TraceOptions& options_;
  Targets& targets_;
  std::optional<filter::Where> where_;
  PlanNotes notes_;
  const ProcessState before_us_ = ProcessState::now();
  Signals signals_;
  Patience patience_{signals_};
  Loop loop_;
  output::Person person_;
  Pipeline pipeline_;
  SummaryFile summary_file_;
  std::optional<WholeFile> ready_file_;
  std::unique_ptr<CountersServer> counters_;  // null: they are not wanted
  std::unique_ptr<output::Printed> printed_;
  LiveRecordings recordings_;
  uint64_t begun_ns_ = monotonic_ns();
  stream::Session session_;
  stream::LiveNames names_;
  LiveSource source_;
  std::optional<CounterWatch> counter_watch_;  // where drops are asked for
  Outputs outputs_;
  Statistics statistics_;
  std::optional<TracedCommand> command_;
  Clock::time_point started_, last_flush_, last_event_;
  std::optional<Clock::time_point> ended_;
  LiveSource::Pass pass_;
  bool reader_is_gone_ = false;
  bool told_other_families_ = false;
  bool out_of_time_ = false;  // --duration is over
};

stream::Plan TraceRun::with_progress(stream::Plan plan) {
  plan.progress = [this](std::string_view doing, size_t done, size_t of) {
    pipeline_.progress(event::Progress{doing, done, of});
  };
  return plan;
}

// Its socket is there before anything is attached, so that an address in use is found first.
std::unique_ptr<CountersServer> TraceRun::serve_counters() {
  if (!options_.run.counters_at) return nullptr;
  return std::make_unique<CountersServer>(*options_.run.counters_at, loop_, [this] { return summary(); });
}

void TraceRun::connect_outputs() {
  if (options_.display.prints()) {
    pipeline_.show(*printed_);
    outputs_.add(printed_->writer());
  }
  for (const auto& recorder : recordings_.recorders()) {
    pipeline_.keep(*recorder);
    outputs_.add(*recorder);
  }
  outputs_.give_up_when([this] { return patience_.is_over(); });
}

void TraceRun::connect_statistics() {
  statistics_.add([this](event::Summary& summary) { pipeline_.count(summary); });
  statistics_.add([this](event::Summary& summary) { source_.count(summary); });
  statistics_.add([this](event::Summary& summary) { summary.trails = printed_->trails(); });
  statistics_.add([this](event::Summary& summary) {
    if (options_.filter.looks_before_tags) summary.refused.tagged = session_.other_count(COUNT_TAGGED);
    summary.seconds = std::chrono::duration<double>(ended_.value_or(Clock::now()) - started_).count();
  });
}

event::Summary TraceRun::summary() const {
  auto summary = statistics_.snapshot();
  outputs_.count(summary);
  return summary;
}

void TraceRun::watch() {
  const auto only_wake = [](uint32_t) {};
  loop_.watch(signals_.poll_fd(), EPOLLIN, only_wake);
  // Told of once, for while events come the rings have something nearly always, and waking for each costs the host.
  loop_.watch(session_.poll_fd(), EPOLLIN | EPOLLONESHOT, only_wake);
  if (targets_.poll_fd() >= 0) loop_.watch(targets_.poll_fd(), EPOLLIN, only_wake);
  watch_outputs();
  if (options_.run.duration) loop_.at(started_ + *options_.run.duration, [this] { out_of_time_ = true; });
  loop_.at(
      started_ + kHousekeeping, [this] { keep_house(); }, Loop::Wakes::no);
}

void TraceRun::watch_outputs() {
  const auto& writer = printed_->writer();
  loop_.watch(writer.fd(), 0, [this](uint32_t) { reader_is_gone_ = true; });
  for (const auto* output : outputs_.writers()) loop_.watch(output->poll_fd(), EPOLLIN | EPOLLET, [](uint32_t) {});
}

void TraceRun::keep_house() {
  names_.read_clocks();
  tell_other_families();
  if (!source_.is_choosy()) source_.look_for_skipped();
  loop_.at(
      loop_.now() + kHousekeeping, [this] { keep_house(); }, Loop::Wakes::no);
}

void TraceRun::begin() {
  if (counter_watch_) counter_watch_->begin();
  pipeline_.progress(std::nullopt);
  for (const auto& notice : notices_at_begin(options_, notes_, session_, targets_)) pipeline_.notice(notice);
  if (counters_) pipeline_.notice({fmt::format("counters are at {}", counters_->url())});
  outputs_.attempt([&] { printed_->begin(longest_name(session_.probes()), !options_.notices.quiet); });
  if (ready_file_) ready_file_->write(std::to_string(getpid()) + "\n");
}

void TraceRun::start_command() {
  if (options_.command.words.empty()) return;
  const bool machine_on_stdout = options_.display.layout->for_machines && options_.output.file.empty();
  const auto output = machine_on_stdout ? CommandOutput::to_stderr : options_.command.output;
  command_.emplace(
      CommandPlan{options_.command.words, options_.command.user, output, before_us_},
      [this](pid_t process) {
        if (options_.filter.command_only) session_.add_task(static_cast<uint32_t>(process));
      },
      loop_, signals_, [this](const std::string& text) { pipeline_.tell_persons({text}); });
}

void TraceRun::flush_if_due(bool events_come) {
  outputs_.check();
  const auto now = Clock::now();
  if (events_come && !printed_->writer().is_terminal() && now - last_flush_ < kFlushEvery) return;
  last_flush_ = now;
  outputs_.attempt([&] { printed_->hand_over(); });
  outputs_.hand_over();
}

bool TraceRun::should_end() {
  if (signals_.received() != 0 || reader_is_gone_ || outputs_.closed() || pipeline_.done() || out_of_time_) return true;
  return command_ && command_->is_over(last_event_);
}

// While more waits to be written than should, the rings are left alone: what they have no room for is lost there, and
// is seen as a gap.
milliseconds TraceRun::sleep_time() {
  const auto left = command_ && command_->is_ending() ? kWhileCommandEnds : Loop::kForever;
  const auto looks =
      std::chrono::ceil<milliseconds>(std::min(targets_.next_look(), loop_.now() + Loop::kForever) - loop_.now());
  const auto at_most = std::clamp(looks, milliseconds{0}, left);
  if (outputs_.congested()) return at_most;
  if (pass_.has_more) return milliseconds{0};
  if (pass_.brought_some) return kDrainEvery;
  const milliseconds limit = session_.fall_asleep();
  if (limit <= milliseconds{0}) return milliseconds{0};
  loop_.arm(session_.poll_fd());
  const bool some_left = source_.holds_some() || printed_->writer().buffer().size() > 0;
  const auto trails = printed_->waits() || pipeline_.waits() ? kWithTrailsOpen : Loop::kForever;
  const auto followed = session_.followed_wait().value_or(Loop::kForever);
  return std::min({limit, at_most, trails, followed, some_left ? kWithSomeLeft : Loop::kForever});
}

void TraceRun::loop() {
  while (!should_end()) {
    loop_.turn(sleep_time());
    if (targets_.look([this](const auto& text) { say(text); })) session_.set_targets(targets_.now());
    session_.look_after_followed();
    if (!outputs_.congested()) {
      pass_ = source_.pass();
      if (pass_.brought_some) last_event_ = Clock::now();
    }
    flush_if_due(pass_.brought_some);
  }
}

void TraceRun::finish() {
  output::limit_telling(kLastWords);
  session_.detach();
  if (counter_watch_) counter_watch_->look();
  pipeline_.progress(std::nullopt);
  ended_ = Clock::now();
  if (out_of_time_) patience_.limit();
  source_.drain_to_the_end([this] { outputs_.wait_for_room(); });
  pipeline_.flush();
  end_outputs({pipeline_, outputs_, *printed_, statistics_}, [this](const event::Summary& counted) {
    auto last = notices_at_end(session_, names_, counted);
    last.before.insert(last.before.end(), last.after.begin(), last.after.end());
    return last.before;
  });
}

// Once, as soon as there were some.
void TraceRun::tell_other_families() {
  if (told_other_families_ || options_.notices.terse || session_.other_count(COUNT_OTHER_FAMILIES) == 0) return;
  told_other_families_ = true;
  say(options_.filter.conditions.asks_for_family()
          ? "skbs of other sockets than those of --family, and of none, are skipped: what is received has no socket "
            "until one is found for it"
          : "skbs of sockets that send no packets (unix, netlink, ...) are skipped; --family all or -v shows them");
}

void TraceRun::report() {
  const auto sum = summary();
  const auto last = notices_at_end(session_, names_, sum);
  tell_other_families();
  for (const auto& notice : last.before) pipeline_.tell_persons(notice);
  tell_late_programs();
  tell_counters(sum);
  pipeline_.end_persons(sum);
  for (const auto& notice : last.after) pipeline_.tell_persons(notice);
  try {
    summary_file_.write(sum);
  } catch (const RunError& error) {
    outputs_.note(error.what());
  }
}

void TraceRun::tell_late_programs() {
  if (options_.notices.terse || notes_.programs.last == 0) return;
  if (auto late = loaded_later(*kernel::bpf_programs_of_kernel(), notes_.programs); !late.empty())
    pipeline_.tell_persons({std::move(late)});
}

// What no event tells of.
void TraceRun::tell_counters(const event::Summary& sum) {
  if (!counter_watch_) return;
  const bool all_are_told = !pipeline_.done() && sum.withheld == 0 && sum.lost_in_all() == 0;
  pipeline_.tell_persons({counter_watch_->report(names_, all_are_told, printed_->writer().terminal_columns())});
}

int TraceRun::run() {
  started_ = last_flush_ = last_event_ = Clock::now();
  watch();
  begin();
  for (uint32_t process : options_.filter.processes) session_.add_task(process);
  start_command();
  loop();
  finish();
  report();
  return exit_status(command_, outputs_,
                     {signals_.received(), out_of_time_, options_.run.strict && summary().lost_in_all() > 0});
}

}  // namespace

int trace(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent) {
  return TraceRun(options, reasons, targets, std::move(intent)).run();
}

}  // namespace skbtrail::run
