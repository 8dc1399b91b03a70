#include "run/drop_table.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "kernel/symbols.h"
#include "output/drop_table.h"
#include "output/person.h"
#include "output/standard_error.h"
#include "run/counter_watch.h"
#include "run/drop_reasons.h"
#include "run/errors.h"
#include "run/exit_status.h"
#include "run/live_notices.h"
#include "run/live_source.h"
#include "run/loop.h"
#include "run/outputs.h"
#include "run/patience.h"
#include "run/printing.h"
#include "run/signals.h"
#include "run/summary_file.h"
#include "run/traced_command.h"
#include "stream/drop_counter.h"
#include "stream/live_names.h"

namespace skbtrail::run {

namespace {

using std::chrono::milliseconds;
using Clock = Loop::Clock;

constexpr milliseconds kWhileCommandEnds{10};
constexpr milliseconds kLastWords{200};

stream::Plan plan_of(stream::Plan plan, const TraceOptions& options, CountedReasons reasons) {
  plan.counted_reasons = reasons.choice;
  plan.reasons = std::move(reasons.numbers);
  plan.rows = options.table->rows;
  for (auto& probe : plan.probes) probe.config.sections = 0;  // no record is made
  return plan;
}

class DropTableRun {
 public:
  DropTableRun(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent)
      : options_(options),
        targets_(targets),
        notes_(std::move(intent.notes)),
        person_(options.notices.quiet, options.notices.terse),
        summary_file_(options.run.summary_file),
        ready_file_(WholeFile::of(options.run.ready_file)),
        writer_(make_writer(options.output, *options.display.layout)),
        plan_(plan_of(std::move(intent.plan), options,
                      reasons_to_count(*options.filter.drops, reasons, notes_.no_reasons))),
        names_(reasons, plan_.probes),
        counter_(std::move(plan_)),
        rows_(names_),
        counters_(options.filter, targets),
        layout_(make_layout()) {
    outputs_.add(*writer_);
    outputs_.give_up_when([this] { return patience_.is_over(); });
  }

  int run();

 private:
  std::unique_ptr<output::DropTableLayout> make_layout();
  void watch();
  void begin();
  void start_command();
  void look_again();
  output::DropTableLayout::Moment look();
  void measure_terminal();
  bool should_end();
  void loop();
  void finish();
  void report();
  void say(const std::string& text);
  [[nodiscard]] event::Summary summary();

  const TraceOptions& options_;
  Targets& targets_;
  PlanNotes notes_;
  const ProcessState before_us_ = ProcessState::now();
  Signals signals_;
  Patience patience_{signals_};
  Loop loop_;
  output::Person person_;
  SummaryFile summary_file_;
  std::optional<WholeFile> ready_file_;
  std::unique_ptr<output::Writer> writer_;
  stream::Plan plan_;
  stream::LiveNames names_;
  stream::DropCounter counter_;
  output::DropRows rows_;
  CounterWatch counters_;
  std::unique_ptr<output::DropTableLayout> layout_;
  Outputs outputs_;
  std::optional<TracedCommand> command_;
  Clock::time_point started_, next_, last_drop_;
  std::optional<Clock::time_point> ended_;
  uint64_t looked_ns_ = 0;  // CLOCK_MONOTONIC
  uint64_t skipped_ = 0;
  bool reader_is_gone_ = false, out_of_time_ = false;
};

std::unique_ptr<output::DropTableLayout> DropTableRun::make_layout() {
  output::DropTableChoice choice;
  choice.color = wants_color(options_.display.color, *writer_);
  choice.terminal = writer_->is_terminal();
  choice.ascii = has_ascii_alone();
  choice.explains = options_.display.explains;
  choice.filtered = counters_.is_filtered();
  choice.reasons = std::make_shared<diagnose::Reasons>(reasons_of_this_host());
  return options_.display.prints_objects() ? make_json_drop_table(choice, names_) : make_drop_table(choice, names_);
}

void DropTableRun::say(const std::string& text) {
  person_.notice({text});
  layout_->was_disturbed();
}

void DropTableRun::watch() {
  const auto only_wake = [](uint32_t) {};
  loop_.watch(signals_.poll_fd(), EPOLLIN, only_wake);
  if (targets_.poll_fd() >= 0) loop_.watch(targets_.poll_fd(), EPOLLIN, only_wake);
  loop_.watch(writer_->fd(), 0, [this](uint32_t) { reader_is_gone_ = true; });
  loop_.watch(writer_->poll_fd(), EPOLLIN | EPOLLET, only_wake);
  if (options_.run.duration) loop_.at(started_ + *options_.run.duration, [this] { out_of_time_ = true; });
}

void DropTableRun::begin() {
  for (const auto& notice : notices_of_plan(options_, notes_, targets_)) say(notice.text);
  if (notes_.without_reasons)
    say("this kernel tells no drop reasons (Linux 5.17 does): the function that dropped is shown, and what is said of "
        "it is likely");
  if (!options_.notices.terse) say("tracing 1 tracepoint");
  if (ready_file_) ready_file_->write(std::to_string(getpid()) + "\n");
}

void DropTableRun::start_command() {
  if (options_.command.words.empty()) return;
  const bool machine_on_stdout = options_.display.prints_objects() && options_.output.file.empty();
  command_.emplace(
      CommandPlan{options_.command.words, options_.command.user,
                  machine_on_stdout ? CommandOutput::to_stderr : options_.command.output, before_us_},
      [](pid_t) {}, loop_, signals_, [this](const std::string& text) { say(text); });
}

void DropTableRun::measure_terminal() {
  winsize size{};
  if (writer_->is_terminal() && ioctl(writer_->fd(), TIOCGWINSZ, &size) == 0)
    layout_->set_size(size.ws_col, size.ws_row);
}

output::DropTableLayout::Moment DropTableRun::look() {
  const uint64_t now = monotonic_ns();
  const output::DropTableLayout::Moment moment{now, now - looked_ns_};
  looked_ns_ = now;
  names_.read_clocks();
  rows_.update(counter_.read());
  counters_.look();
  if (rows_.dropped_since() > 0) last_drop_ = Clock::now();
  measure_terminal();
  return moment;
}

void DropTableRun::look_again() {
  if (!outputs_.congested()) {
    const auto moment = look();
    outputs_.attempt([&] { layout_->interval(writer_->buffer(), rows_, counters_.rows(names_), moment); });
    outputs_.hand_over();
  }
  const auto interval = std::chrono::duration_cast<Clock::duration>(options_.table->interval);
  next_ = std::max(next_ + interval, loop_.now());
  loop_.at(next_, [this] { look_again(); });
}

bool DropTableRun::should_end() {
  outputs_.check();
  if (signals_.received() != 0 || reader_is_gone_ || outputs_.closed() || out_of_time_) return true;
  return command_ && command_->is_over(last_drop_);
}

void DropTableRun::loop() {
  while (!should_end()) {
    const auto left = command_ && command_->is_ending() ? kWhileCommandEnds : Loop::kForever;
    const auto looks =
        std::chrono::ceil<milliseconds>(std::min(targets_.next_look(), loop_.now() + Loop::kForever) - loop_.now());
    loop_.turn(std::clamp(looks, milliseconds{0}, left));
    if (targets_.look([this](const auto& text) { say(text); })) counter_.set_targets(targets_.now());
  }
}

void DropTableRun::finish() {
  output::limit_telling(kLastWords);
  counter_.detach();
  ended_ = Clock::now();
  if (out_of_time_) patience_.limit();
  skipped_ = counter_.skipped();
  const auto moment = look();
  outputs_.attempt([&] {
    layout_->end(writer_->buffer(), rows_, counters_.rows(names_), moment);
    writer_->flush();
  });
}

event::Summary DropTableRun::summary() {
  event::Summary sum;
  sum.drops = event::DropCounts{rows_.dropped(), rows_.false_alarms()};
  sum.events = rows_.dropped() + rows_.false_alarms();
  const bool choosy =
      options_.filter.any() || !options_.filter.drops->reasons.empty() || !options_.filter.drops->not_reasons.empty();
  (choosy ? sum.may_have_matched : sum.lost).skipped = skipped_;
  sum.may_have_matched.by_cause[REC_LOSS_UNFILTERED] = counter_.not_filtered();
  sum.refused.other_families = counter_.of_other_families();
  sum.undecided = rows_.indeterminate();
  sum.seconds = std::chrono::duration<double>(ended_.value_or(Clock::now()) - started_).count();
  sum.probes = 1;
  return sum;
}

void DropTableRun::report() {
  const auto sum = summary();
  if (names_.symbols_hidden())
    say("addresses have no names, and it is not told which drops are false alarms, because " +
        kernel::Symbols::why_unknown());
  say(counters_.report(names_, true, writer_->terminal_columns()));
  person_.end(sum);
  try {
    summary_file_.write(sum);
  } catch (const RunError& error) {
    outputs_.note(error.what());
  }
}

int DropTableRun::run() {
  started_ = next_ = last_drop_ = Clock::now();
  looked_ns_ = monotonic_ns();
  counters_.begin();
  watch();
  begin();
  start_command();
  next_ = loop_.now() + std::chrono::duration_cast<Clock::duration>(options_.table->interval);
  loop_.at(next_, [this] { look_again(); });
  loop();
  finish();
  report();
  return exit_status(command_, outputs_,
                     {signals_.received(), out_of_time_, options_.run.strict && summary().lost_in_all() > 0});
}

}  // namespace

TraceOptions without_reasons(const TraceOptions& options) {
  TraceOptions others = options;
  others.filter.drops = DropChoice{};
  return others;
}

int count_drops(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent) {
  return DropTableRun(options, reasons, targets, std::move(intent)).run();
}

}  // namespace skbtrail::run
