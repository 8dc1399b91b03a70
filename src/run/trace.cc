#include "run/trace.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>
#include <system_error>

#include "output/closing_sum.h"
#include "output/layout.h"
#include "output/standard_error.h"
#include "output/writer.h"
#include "run/command.h"
#include "run/errors.h"
#include "run/patience.h"
#include "run/printer.h"
#include "run/progress.h"
#include "run/signals.h"
#include "stream/live_names.h"
#include "stream/order.h"
#include "stream/session.h"

namespace skbtrail::run {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// While events come, the rings are emptied this often; a burst has this long to fill them.
constexpr milliseconds kDrainEvery{1};
// Printed at once before the rings are looked at again: a millisecond or two.
constexpr size_t kPrintAtOnce = 4096;
// A drain that brought fewer records has read every ring empty, for Session takes more of each.
constexpr size_t kReadEmpty = 4096;
// The rings are read so often in a row at most: on many busy CPUs they are never empty.
constexpr int kDrainsAtOnce = 8;
// A pipe's reader waits at most this long for an event that was printed.
constexpr milliseconds kFlushEvery{100};
// The time of day is looked at again, if there are events.
constexpr milliseconds kHousekeeping{1000};
// With nothing to do. Whatever may come wakes us.
constexpr milliseconds kForever{3'600'000};
// After a command's end its last packets may still be on their way.
constexpr milliseconds kAfterCommand{500};
constexpr milliseconds kQuietAfterCommand{60};
// How long a command that was sent a signal may take to end.
constexpr milliseconds kCommandPatience{2000};
// That a command goes on after the run is said after this time.
constexpr milliseconds kSilence{1000};
// Standard error may take so long at the end.
constexpr milliseconds kLastWords{200};

uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// Ordered records to events.
class Decoder : public stream::OrderSink {
 public:
  Decoder(Printer& printer, const event::Names& names) : printer_(printer), names_(names) {}

  void record(std::span<const std::byte> bytes, bool late) override {
    recorded_++;
    if (printer_.done()) return;
    auto event = event::Event::decode(bytes, names_);
    if (!event) {
      malformed_++;
      return;
    }
    event->late = late;
    printer_.event(*event);
  }

  // Where --where decides, nobody knows what it would have said.
  void gap(const event::Gap& gap) override {
    event::Gap marked = gap;
    marked.may_have_matched |= printer_.has_where();
    printer_.gap(marked, names_);
  }

  [[nodiscard]] uint64_t recorded() const { return recorded_; }
  [[nodiscard]] uint64_t malformed() const { return malformed_; }

 private:
  Printer& printer_;
  const event::Names& names_;
  uint64_t recorded_ = 0, malformed_ = 0;
};

// Sleeps until there is something to do.
class Waiter {
 public:
  Waiter() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
  // `events` of epoll_ctl(2).
  void watch(int fd, uint32_t events) {
    epoll_event event{};
    event.events = events;
    // A regular file cannot be watched, and need not be.
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0 && errno != EPERM)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
  void stop_watching(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }
  void wait(milliseconds limit) {
    epoll_event event{};
    epoll_wait(epoll_.get(), &event, 1, static_cast<int>(limit.count()));
  }

 private:
  stream::Fd epoll_;
};

// 0 where they are so many that the longest is hardly ever hit.
size_t longest_name(const std::vector<probe::Probe>& probes) {
  constexpr size_t kMost = SKBTRAIL_PROBES;
  size_t longest = 0;
  for (const auto& probe : probes) longest = std::max(longest, probe.name.size());
  return probes.size() <= kMost ? longest : 0;
}

bool hung_up(int fd) {
  pollfd state{fd, 0, 0};
  return poll(&state, 1, 0) == 1 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

// One run, from attached to detached.
class TraceRun {
 public:
  TraceRun(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent)
      : options_(options),
        targets_(targets),
        where_(std::move(intent.where)),
        choosy_(intent.choosy),
        blind_(std::move(intent.blind)),
        notes_(std::move(intent.notes)),
        no_formats_(std::move(intent.no_formats)),
        left_out_(std::move(intent.left_out)),
        no_functions_(std::move(intent.no_functions)),
        progress_(options.quiet),
        summary_file_(WholeFile::of(options.summary_file)),
        ready_file_(WholeFile::of(options.ready_file)),
        writer_(make_writer(options)),
        files_(open_recordings(options)),
        layout_(make_layout(options, *writer_)),
        session_(with_progress(std::move(intent.plan))),
        names_(reasons, session_.probes(), [this](uint64_t id) { return session_.stack(id); }),
        printer_(options_, where_, *layout_, *writer_),
        decoder_(printer_, names_),
        order_(decoder_) {
    begin_recordings(reasons.names());
  }

  int run();

 private:
  stream::Plan with_progress(stream::Plan plan);
  static std::vector<std::unique_ptr<recording::Files>> open_recordings(const TraceOptions& options);
  void begin_recordings(std::vector<std::string> drop_reasons);
  void end_recordings();
  void watch_outputs();
  void announce();
  [[nodiscard]] std::string what_is_attached() const;
  [[nodiscard]] std::string no_returns() const;
  void start_command();
  void loop();
  void pass();
  bool read_rings();
  void look_for_skipped();
  void flush_if_due();
  bool should_end();
  bool wait_for_outputs();
  void drain_to_the_end();
  void finish();
  milliseconds time_left() const;
  milliseconds sleep_time() const;
  output::ClosingSum closing_sum() const;
  void report();
  void tell_other_families();
  int exit_status();
  int end_command(int number);
  int await_command();
  template <typename Write>
  void attempt(Write write);

  const TraceOptions& options_;
  Targets& targets_;
  std::optional<filter::Where> where_;
  bool choosy_;
  std::vector<std::string> blind_, notes_;
  std::string no_formats_;
  std::vector<probe::LeftOut> left_out_;
  std::string no_functions_;
  const ProcessState before_us_ = ProcessState::now();
  Signals signals_;
  Patience patience_{signals_};
  Waiter waiter_;
  Waiter outputs_;  // while there is no room for more
  Progress progress_;
  std::optional<WholeFile> summary_file_, ready_file_;
  std::unique_ptr<output::Writer> writer_;
  std::vector<std::unique_ptr<recording::Files>> files_;  // open, and given to their recorders
  std::unique_ptr<output::Layout> layout_;
  uint64_t looked_ns_ = monotonic_ns();  // for hits that the kernel skipped; before the first one
  stream::Session session_;
  stream::LiveNames names_;
  Printer printer_;
  std::vector<std::unique_ptr<recording::Recorder>> recorders_;
  Decoder decoder_;
  stream::Order order_;
  std::optional<Command> command_;
  std::optional<Clock::time_point> command_ended_;
  Clock::time_point started_, ended_, last_flush_, last_event_, last_housekeeping_;
  size_t drained_ = 0;
  uint64_t may_have_skipped_ = 0;  // such hits, where conditions may have refused them
  uint64_t read_until_ns_ = 0;     // all rings were read empty at that time
  bool behind_ = false;            // there is more to do at once
  int signal_ = 0;
  bool told_other_families_ = false;
  bool out_of_time_ = false;  // --duration is over
  std::string failure_;       // of a write; the run ends, and fails
};

std::string TraceRun::what_is_attached() const {
  const auto count = [](size_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  const size_t functions = session_.attached_functions(), tracepoints = session_.attached() - functions;
  if (functions == 0) return count(tracepoints, "tracepoint");
  if (tracepoints == 0) return count(functions, "function");
  return count(tracepoints, "tracepoint") + " and " + count(functions, "function");
}

// Why --return shows nothing.
std::string TraceRun::no_returns() const {
  if (!options_.returns || session_.attached_functions() > 0) return "";
  return "--return: only functions return, and none is traced" +
         (no_functions_.empty() ? "; name some with -t" : ": " + no_functions_);
}

void TraceRun::begin_recordings(std::vector<std::string> drop_reasons) {
  auto head = recording::Head::of_this_host();
  head.program = "skbtrail " SKBTRAIL_VERSION;
  head.command = options_.words;
  head.pid = options_.conditions.pid;
  head.comm = options_.conditions.comm;
  for (const auto& probe : session_.probes()) {
    auto result =
        probe.function ? std::shared_ptr<const event::ResultFormat>(probe.function, &probe.function->result) : nullptr;
    head.probes.push_back({probe.name, probe.format, std::move(result), probe.group});
  }
  head.drop_reasons = std::move(drop_reasons);
  for (size_t i = 0; i < files_.size(); i++) {
    recorders_.push_back(
        std::make_unique<recording::Recorder>(std::move(files_[i]), head, names_, options_.recordings[i]));
    printer_.add_recorder(*recorders_.back());
  }
}

// Before anything is attached.
std::vector<std::unique_ptr<recording::Files>> TraceRun::open_recordings(const TraceOptions& options) {
  std::vector<std::unique_ptr<recording::Files>> files;
  for (const auto& destination : options.recordings) files.push_back(std::make_unique<recording::Files>(destination));
  return files;
}

// The sum that a run comes to is part of its recording. A recording that has it has all events before it.
void TraceRun::end_recordings() {
  if (recorders_.empty()) return;
  const std::string json = printer_.recorded_sum(closing_sum());
  for (auto& recorder : recorders_) attempt([&] { recorder->end(json); });
}

// Something is written, and may fail, which ends the run.
template <typename Write>
void TraceRun::attempt(Write write) {
  try {
    write();
  } catch (const std::system_error& error) {
    if (failure_.empty()) failure_ = error.what();
  }
}

stream::Plan TraceRun::with_progress(stream::Plan plan) {
  plan.progress = [this](std::string_view doing, size_t done, size_t of) { progress_.tell(doing, done, of); };
  return plan;
}

void TraceRun::announce() {
  progress_.end();
  if (!options_.left_out.empty())
    say(options_,
        fmt::format("the connection of this ssh session, {}, is left out, for it carries this output; with any filter "
                    "nothing is left out",
                    options_.left_out));
  for (const auto& note : targets_.notes()) say(options_, note);
  for (const auto& note : notes_) say(options_, note);
  if (const auto note = options_.command.empty() ? options_.conditions.comm_absence() : ""; !note.empty())
    say(options_, note);
  if (const auto hint = where_hint(options_.where); !hint.empty()) say(options_, hint);
  if (const auto without = no_returns(); !without.empty()) say(options_, without);
  if (!no_formats_.empty())
    say(options_,
        fmt::format("what tracepoints hand out is told by their arguments, not by format files: {}", no_formats_));
  for (const auto& [name, reason, by_name] : left_out_)
    if (by_name || options_.verbose) say(options_, fmt::format("{} is left out: {}", name, reason));
  if (options_.verbose)
    for (const auto& name : blind_)
      say(options_, fmt::format("{} is left out: no skb can be looked at there, so the packet cannot be judged", name));
  if (options_.verbose)
    for (const auto& probe : session_.skipped()) say(options_, fmt::format("skipped {}: {}", probe.name, probe.reason));
  else if (!session_.skipped().empty())
    say(options_, fmt::format("{} probes skipped; -v says why", session_.skipped().size()));
  if (const auto path = session_.filter_path(); options_.verbose && !path.empty())
    say(options_, "packet filter: " + path);
  if (!options_.terse) say(options_, "tracing " + what_is_attached());
  if (writer_->is_terminal()) {
    layout_->set_width(writer_->terminal_columns());
    layout_->expect_functions(longest_name(session_.probes()));
    if (!options_.quiet) layout_->header(writer_->buffer());
    attempt([&] { writer_->hand_over(); });
  }
  if (ready_file_) ready_file_->write(fmt::format("{}\n", getpid()));
}

void TraceRun::start_command() {
  if (options_.command.empty()) return;
  const bool machine_on_stdout =
      (options_.layout == LayoutName::json || options_.layout == LayoutName::pcapng) && options_.output_file.empty();
  const auto output = machine_on_stdout ? CommandOutput::to_stderr : options_.command_output;
  command_.emplace(CommandPlan{options_.command, options_.user, output, before_us_}, [this](pid_t process) {
    if (options_.command_only) session_.add_task(static_cast<uint32_t>(process));
  });
  waiter_.watch(command_->poll_fd(), EPOLLIN);
  outputs_.watch(command_->poll_fd(), EPOLLIN);
}

// The rings come first: what they have no room for is lost, and Order has plenty. False if they still have much.
bool TraceRun::read_rings() {
  drained_ = 0;
  bool empty = false;
  for (int drains = 0; drains < kDrainsAtOnce && !empty; drains++) {
    uint64_t before_ns = monotonic_ns();
    size_t taken = session_.drain([this](std::span<const std::byte> record) { order_.add(record); });
    drained_ += taken;
    empty = taken < kReadEmpty;
    if (empty) read_until_ns_ = before_ns;
  }
  if (drained_ > 0) last_event_ = Clock::now();
  return empty;
}

// Where nothing can refuse a hit each one that was skipped is a lost event.
void TraceRun::look_for_skipped() {
  const uint64_t begin_ns = monotonic_ns();
  std::vector<event::Gap> found;
  session_.look_for_skipped([&](const stream::SkippedHits::Place& place, uint64_t hits) {
    if (choosy_)
      may_have_skipped_ += hits;
    else
      found.push_back({looked_ns_, 0, event::Gap::kAnyCpu, {}, hits, place.functions, place.probe});
  });
  const uint64_t end_ns = monotonic_ns();
  for (event::Gap& gap : found) {
    gap.before_ns = end_ns;
    order_.add(gap);
  }
  looked_ns_ = begin_ns;
}

// What is there now, in order, to the writer; a part of it if all would take long.
void TraceRun::pass() {
  bool empty = read_rings();
  bool printed = order_.advance(read_until_ns_, kPrintAtOnce);
  behind_ = !empty || !printed;
  attempt([&] { flush_if_due(); });
}

void TraceRun::flush_if_due() {
  auto now = Clock::now();
  writer_->check();
  for (auto& recorder : recorders_) recorder->check();
  if (drained_ > 0 && !writer_->is_terminal() && now - last_flush_ < kFlushEvery) return;
  last_flush_ = now;
  for (auto& recorder : recorders_) recorder->hand_over();
  if (writer_->buffer().size() == 0) return;
  writer_->hand_over();
  layout_->set_width(writer_->terminal_columns());
}

bool TraceRun::should_end() {
  auto now = Clock::now();
  if ((signal_ = signals_.received()) != 0 || !failure_.empty() || writer_->closed() || hung_up(writer_->fd()))
    return true;
  if (printer_.done()) return true;
  for (const auto& recorder : recorders_)
    if (recorder->closed()) return true;
  if (options_.duration && now - started_ >= *options_.duration) return out_of_time_ = true;
  if (command_ && !command_ended_ && command_->ended()) {
    command_ended_ = last_event_ = now;
    waiter_.stop_watching(command_->poll_fd());
    outputs_.stop_watching(command_->poll_fd());
  }
  return command_ended_ && (now - *command_ended_ >= kAfterCommand || now - last_event_ >= kQuietAfterCommand);
}

// Until should_end() has to be asked, if nothing else happens.
milliseconds TraceRun::time_left() const {
  auto limit = kForever;
  if (command_ended_) limit = std::min(limit, milliseconds{10});
  if (targets_.next_look() != Clock::time_point::max()) {
    auto left = std::chrono::ceil<milliseconds>(targets_.next_look() - Clock::now());
    limit = std::clamp(left, milliseconds{0}, limit);
  }
  if (options_.duration) {
    auto left = std::chrono::ceil<milliseconds>(*options_.duration - (Clock::now() - started_));
    limit = std::clamp(left, milliseconds{0}, limit);
  }
  return limit;
}

milliseconds TraceRun::sleep_time() const {
  if (drained_ > 0) return kDrainEvery;
  const bool more = !order_.empty() || writer_->buffer().size() > 0;
  return more ? std::min(time_left(), milliseconds{5}) : time_left();
}

// While more waits to be written than should, the rings are left alone: what they have no room for is lost there, and
// is seen as a gap. False if there is room.
bool TraceRun::wait_for_outputs() {
  if (!printer_.congested()) return false;
  outputs_.wait(time_left());
  attempt([&] { flush_if_due(); });
  return true;
}

void TraceRun::loop() {
  while (!should_end()) {
    if (wait_for_outputs()) continue;
    if (behind_) {
      // No time to sleep.
    } else if (drained_ > 0) {
      // Not the rings: they have something nearly always now, and waking for each event costs the traced host.
      timespec pause{0, std::chrono::nanoseconds(kDrainEvery).count()};
      nanosleep(&pause, nullptr);
    } else if (const milliseconds limit = session_.fall_asleep(); limit > milliseconds{0}) {
      waiter_.wait(std::min(limit, sleep_time()));
    }
    if (targets_.look([this](const auto& text) { say(options_, text); })) session_.set_targets(targets_.now());
    if (Clock::now() - last_housekeeping_ >= kHousekeeping) {
      last_housekeeping_ = Clock::now();
      names_.read_clocks();
      tell_other_families();
      if (!choosy_) look_for_skipped();
    }
    pass();
  }
}

void TraceRun::drain_to_the_end() {
  while (session_.drain([this](std::span<const std::byte> record) { order_.add(record); }) > 0)
    printer_.wait_for_room();
  look_for_skipped();
  while (!order_.advance(UINT64_MAX, kPrintAtOnce)) printer_.wait_for_room();
  order_.finish([this](uint32_t cpu) { return session_.losses(cpu); },
                std::min<uint32_t>(session_.cpus(), SKBTRAIL_CPUS));
}

void TraceRun::finish() {
  output::limit_telling(kLastWords);
  session_.detach();
  progress_.end();
  ended_ = Clock::now();
  if (out_of_time_) patience_.limit();
  drain_to_the_end();
  layout_->end(writer_->buffer());
  end_recordings();  // files first: a pipe may be waited for
  attempt([&] { writer_->flush(); });
}

output::ClosingSum TraceRun::closing_sum() const {
  output::ClosingSum sum;
  printer_.sum_up(sum);
  sum.recorded = decoder_.recorded();
  sum.lost = printer_.losses().lost;
  sum.may_have_matched = printer_.losses().may_have_matched;
  sum.may_have_matched.skipped += may_have_skipped_;
  sum.skipped_are_counted = session_.counts_skipped();
  sum.without_stack = printer_.without_stack();
  sum.without_args = printer_.without_args();
  sum.lists_cut = session_.other_count(COUNT_LISTS_CUT);
  sum.tasks_left_out = session_.other_count(COUNT_TASKS_LEFT_OUT);
  sum.refused.other_families = session_.other_count(COUNT_OTHER_FAMILIES);
  if (options_.looks_before_tags) sum.refused.tagged = session_.other_count(COUNT_TAGGED);
  sum.refused.elsewhere = session_.other_count(COUNT_ELSEWHERE);
  sum.refused.other_owner = session_.other_count(COUNT_OTHER_OWNER);
  sum.late = order_.late();
  sum.malformed = order_.malformed() + decoder_.malformed();
  sum.seconds = std::chrono::duration<double>(ended_ - started_).count();
  sum.probes = session_.attached();
  sum.skipped = session_.skipped();
  return sum;
}

// Once, as soon as there were some.
void TraceRun::tell_other_families() {
  if (told_other_families_ || options_.terse || session_.other_count(COUNT_OTHER_FAMILIES) == 0) return;
  told_other_families_ = true;
  say(options_,
      "skbs of sockets that send no packets (unix, netlink, ...) are left out; --family all or -v shows them");
}

void TraceRun::report() {
  auto sum = closing_sum();
  tell_other_families();
  if (const auto seen = output::nothing_line(sum); !seen.empty()) say(options_, seen);
  if (names_.symbols_hidden())
    say(options_, "addresses have no names, and callers are not told, because " + kernel::Symbols::why_unknown());
  if (!options_.terse || sum.lost_in_all() > 0) say(options_, output::sum_line(sum));
  if (order_.lost()[REC_LOSS_RING] > 0 || (order_.lost()[REC_LOSS_UNFILTERED] > 0 && session_.has_own_rings()))
    say(options_,
        fmt::format("the rings were full at times: a larger --buffer (now {} KiB), fewer tracers or a filter would "
                    "keep more",
                    session_.ring_bytes() / 1024));
  if (session_.other_count(COUNT_STACKS_LEFT_OUT) > 0)
    say(options_, fmt::format("more than {} different stacks were met: --stack-map keeps more", session_.stacks()));
  try {
    write_summary(summary_file_, options_, sum);
  } catch (const RunError& error) {
    if (failure_.empty()) failure_ = error.what();
  }
}

// The command gets the signal that ended the run, or SIGTERM where that was --duration. One that goes on is left alone.
int TraceRun::end_command(int number) {
  if (out_of_time_)
    say(options_, fmt::format("--duration is over: SIGTERM is sent to the command (process {})", command_->pid()));
  command_->signal(number);
  if (const auto status = command_->wait_for(kCommandPatience)) return *status;
  say(options_, fmt::format("the command (process {}) has not ended, and is left alone", command_->pid()));
  return 128 + number;
}

// Where the run ended before it, by -c or because its reader went away: until it ends, or a signal comes.
int TraceRun::await_command() {
  pollfd ends[] = {{command_->poll_fd(), POLLIN, 0}, {signals_.poll_fd(), POLLIN, 0}};
  if (poll(ends, 2, static_cast<int>(kSilence.count())) == 0) {
    say(options_, fmt::format("the command (process {}) goes on, untraced", command_->pid()));
    poll(ends, 2, -1);
  }
  if (const auto status = command_->ended()) return *status;
  return end_command(signal_ = signals_.received());
}

int TraceRun::exit_status() {
  bool lost = options_.strict && closing_sum().lost_in_all() > 0;
  if (!command_) return lost ? 3 : 0;
  if (out_of_time_) signal_ = SIGTERM;
  const auto ended = command_->ended();
  const int status = ended ? *ended : signal_ ? end_command(signal_) : await_command();
  return status == 0 && lost ? 3 : status;
}

int TraceRun::run() {
  watch_outputs();
  waiter_.watch(signals_.poll_fd(), EPOLLIN);
  waiter_.watch(session_.poll_fd(), EPOLLIN);
  if (targets_.poll_fd() >= 0) waiter_.watch(targets_.poll_fd(), EPOLLIN);
  started_ = last_flush_ = last_event_ = last_housekeeping_ = Clock::now();
  announce();
  for (uint32_t process : options_.processes) session_.add_task(process);
  start_command();
  loop();
  finish();
  report();
  if (failure_.empty()) return exit_status();
  if (!command_ || command_->ended()) throw RunError(failure_);
  output::tell(output::message(failure_));  // and not only when the command ends
  exit_status();
  return kFailedWithCommand;
}

void TraceRun::watch_outputs() {
  const auto give_up = [this] { return patience_.is_over(); };
  writer_->give_up_when(give_up);
  outputs_.watch(signals_.poll_fd(), EPOLLIN);
  for (Waiter* waiter : {&waiter_, &outputs_}) {
    waiter->watch(writer_->fd(), 0);  // a pipe whose reader goes away
    waiter->watch(writer_->poll_fd(), EPOLLIN | EPOLLET);
    for (auto& recorder : recorders_) waiter->watch(recorder->poll_fd(), EPOLLIN | EPOLLET);
  }
  for (auto& recorder : recorders_) recorder->give_up_when(give_up);
}

}  // namespace

int trace(const TraceOptions& options, const kernel::DropReasons& reasons, Targets& targets, Intent intent) {
  return TraceRun(options, reasons, targets, std::move(intent)).run();
}

}  // namespace skbtrail::run
