#include "run/read.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "filter/captured.h"
#include "filter/expression.h"
#include "output/closing_sum.h"
#include "output/standard_error.h"
#include "recording/bounded_json.h"
#include "recording/probe_words.h"
#include "recording/selection.h"
#include "run/errors.h"
#include "run/patience.h"
#include "run/printer.h"
#include "run/signals.h"
#include "text/nearest.h"

namespace skbtrail::run {

namespace {

using recording::Reader;

constexpr int kLookAgainMs = 50;                      // at a file that grows
constexpr unsigned kLookForSignals = 1024;            // events
constexpr std::chrono::milliseconds kLastWords{200};  // for standard error, at the end

// Whether a probe was chosen by -t and -x, by its number; each file has numbers of its own.
class ChosenProbes {
 public:
  ChosenProbes(recording::ProbeWords wanted, recording::ProbeWords unwanted)
      : wanted_(std::move(wanted)), unwanted_(std::move(unwanted)) {}

  // None were named.
  [[nodiscard]] bool are_all() const { return wanted_.empty() && unwanted_.empty(); }

  bool has(const Reader& reader, uint16_t probe) {
    if (are_all()) return true;
    const auto& probes = reader.names().head().probes;
    if (probe >= probes.size()) return wanted_.empty();
    auto& known = known_[&reader];
    if (known.heads != reader.names().heads()) known = {reader.names().heads(), choose(probes)};
    return known.chosen[probe];
  }

 private:
  struct Known {
    uint64_t heads = 0;
    std::vector<bool> chosen;
  };

  [[nodiscard]] std::vector<bool> choose(const std::vector<recording::RecordedProbe>& probes) const {
    std::vector<bool> chosen;
    for (const auto& probe : probes)
      chosen.push_back((wanted_.empty() || wanted_.name(probe)) && !unwanted_.name(probe));
    return chosen;
  }

  recording::ProbeWords wanted_, unwanted_;
  std::unordered_map<const Reader*, Known> known_;
};

std::vector<const recording::Head*> heads_of(const recording::Merge& files) {
  std::vector<const recording::Head*> heads;
  for (const auto& reader : files.readers()) heads.push_back(&reader->names().head());
  return heads;
}

// What the heads of all files know.
filter::KnownNames known_names(const recording::Merge& files) {
  filter::KnownNames names;
  for (const auto* head : heads_of(files)) {
    names.drop_reasons.insert(names.drop_reasons.end(), head->drop_reasons.begin(), head->drop_reasons.end());
    for (const auto& probe : head->probes) names.probes.push_back(probe.name);
  }
  return names;
}

// A word that neither the recordings nor the tree of tracers know.
[[noreturn]] void refuse_probe_word(const recording::Merge& files, const probe::TracerTree& tree, const char* option,
                                    const std::string& word) {
  std::vector<std::string> names;
  for (const auto* head : heads_of(files))
    for (const auto& probe : head->probes) {
      names.push_back(probe.name);
      if (!probe.group.empty()) names.push_back(probe.group + ":" + probe.name);
    }
  if (names.empty()) throw UsageError(fmt::format("{}: no probes are recorded there, so none is '{}'", option, word));
  for (auto& known : tree.words()) names.push_back(std::move(known));
  const std::string near = text::nearest(word, names);
  throw UsageError(fmt::format("{}: '{}' names none of the probes that were recorded{}", option, word,
                               near.empty() ? "" : "; did you mean '" + near + "'?"));
}

// What is known, and was not recorded, chooses nothing; -x takes nothing away with it.
class Places {
 public:
  Places(const TraceOptions& options, const recording::Merge& files)
      : files_(files),
        tree_(options.tracers.empty() && options.excluded.empty() && options.stack_at.empty() ? nullptr
                                                                                              : tree_of(options)) {}

  [[nodiscard]] recording::ProbeWords words(const char* option, const std::vector<std::string>& words) const {
    recording::ProbeWords understood(tree_, words, heads_of(files_));
    for (const auto& missing : understood.missing())
      if (!missing.is_known) refuse_probe_word(files_, *tree_, option, missing.word);
    return understood;
  }

  [[nodiscard]] recording::ProbeWords wanted(const std::vector<std::string>& words) const {
    auto understood = this->words("--tracer", words);
    if (!words.empty() && understood.missing().size() == words.size())
      throw RunError(fmt::format("nothing of '{}' was recorded", fmt::join(words, ",")));
    return understood;
  }

 private:
  const recording::Merge& files_;
  std::shared_ptr<const probe::TracerTree> tree_;
};

std::optional<filter::Where> make_where(const TraceOptions& options, const recording::Merge& files) {
  if (options.where.empty()) return std::nullopt;
  try {
    return filter::Where::parse(options.where, known_names(files));
  } catch (const filter::WhereError& error) {
    throw UsageError(error.what());
  }
}

// One reading, from the first event to the closing sum.
class ReadRun {
 public:
  ReadRun(const TraceOptions& options, const RecordedOptions& recorded, recording::Merge& files)
      : options_(options),
        source_(recorded),
        files_(files),
        where_(make_where(options, files)),
        conditions_(options.filter, options.conditions, recorded.netns),
        places_(options, files),
        probes_(places_.wanted(options.tracers), places_.words("--exclude", options.excluded)),
        with_stack_(places_.words("--stack", options.stack_at), recording::ProbeWords()),
        summary_file_(WholeFile::of(options.summary_file)),
        writer_(make_writer(options)),
        layout_(make_layout(options, *writer_)),
        printer_(options, where_, *layout_, *writer_),
        is_choosy_(where_ || !conditions_.empty() || !probes_.are_all()) {
    for (const auto& destination : options.recordings) {
      recordings_.push_back(
          std::make_unique<recording::Selection>(destination, files, options.words, "skbtrail " SKBTRAIL_VERSION));
      printer_.add_recorder(recordings_.back()->recorder());
    }
  }

  int run();

 private:
  void begin();
  void take(const Reader& reader);
  void take_event(const Reader& reader);
  void take_gap(const Reader& reader, event::Gap gap);
  void turn_to(const Reader& reader);
  [[nodiscard]] bool has_only_this_owner(const Reader& reader) const;
  bool wait_for_more();
  [[nodiscard]] bool should_end() const;
  [[nodiscard]] output::ClosingSum closing_sum() const;
  void add_end(const Reader& reader, output::ClosingSum& sum) const;
  void report();
  void read_all();
  bool look_up();
  void hand_over();
  void end_recordings();
  template <typename Write>
  void attempt(Write write);

  const TraceOptions& options_;
  const RecordedOptions& source_;
  recording::Merge& files_;
  std::optional<filter::Where> where_;
  filter::CapturedConditions conditions_;
  Places places_;
  ChosenProbes probes_;
  ChosenProbes with_stack_;  // where the stack is wanted
  Signals signals_;
  Patience patience_{signals_};
  std::optional<WholeFile> summary_file_;
  std::unique_ptr<output::Writer> writer_;
  std::unique_ptr<output::Layout> layout_;
  Printer printer_;
  std::vector<std::unique_ptr<recording::Selection>> recordings_;
  std::string failure_;  // of a write or a read, which ends it
  uint64_t recorded_ = 0, undecidable_ = 0, late_ = 0, malformed_ = 0;
  uint64_t first_ns_ = 0, last_ns_ = 0;
  bool is_choosy_;  // some condition is put to each event
  struct Skipped {
    uint64_t lost = 0, may_have_matched = 0;
  };
  std::unordered_map<const Reader*, Skipped> told_skipped_;  // hits that the kernel skipped, by gaps
};

void ReadRun::begin() {
  if (const auto hint = where_hint(options_.where); !hint.empty()) say(options_, hint);
  const auto give_up = [this] { return patience_.is_over(); };
  writer_->give_up_when(give_up);
  for (auto& recording : recordings_) recording->recorder().give_up_when(give_up);
  if (!writer_->is_terminal()) return;
  layout_->set_width(writer_->terminal_columns());
  if (!options_.quiet) layout_->header(writer_->buffer());
  writer_->flush();
}

// Whether the live run was asked for the same owner of sockets, so that this holds of all that it recorded.
bool ReadRun::has_only_this_owner(const Reader& reader) const {
  const auto& asked = options_.conditions;
  const auto& head = reader.names().head();
  return (asked.pid || asked.comm) && asked.pid == head.pid && asked.comm == head.comm;
}

void ReadRun::take_event(const Reader& reader) {
  auto event = event::Event::decode(reader.event_bytes(), reader.names());
  if (!event) {
    malformed_++;
    return;
  }
  event->late = reader.late();
  recorded_++;
  late_ += event->late;
  if (!probes_.has(reader, event->core->probe)) return;
  std::optional<filter::CapturedFrame> captured;
  if (const auto* foreign = reader.foreign())
    captured = {foreign->link_type, foreign->bytes, static_cast<uint32_t>(foreign->wire_len)};
  const auto truth = conditions_.judge(*event, has_only_this_owner(reader), captured ? &*captured : nullptr);
  undecidable_ += truth == filter::Truth::unknown;
  if (truth != filter::Truth::yes) return;
  if (event->stack && !with_stack_.has(reader, event->core->probe)) event->stack = nullptr;
  turn_to(reader);
  printer_.event(*event);
}

void ReadRun::take(const Reader& reader) {
  if (first_ns_ == 0) first_ns_ = reader.time_ns();
  last_ns_ = std::max(last_ns_, reader.time_ns());
  if (files_.found() == Reader::Found::event) return take_event(reader);
  take_gap(reader, reader.gap());
}

// What is chosen by more than the recording was may be chosen from what was lost as well, or not.
void ReadRun::take_gap(const Reader& reader, event::Gap gap) {
  auto& told = told_skipped_[&reader];
  (gap.may_have_matched ? told.may_have_matched : told.lost) += gap.skipped;
  if (gap.probe != event::Gap::kNoProbe && !probes_.has(reader, gap.probe)) return;
  gap.may_have_matched |= is_choosy_;
  turn_to(reader);
  printer_.gap(gap, reader.names());
}

void ReadRun::turn_to(const Reader& reader) {
  for (auto& recording : recordings_) recording->turn_to(reader);
}

bool ReadRun::should_end() const {
  const auto is_closed = [](const auto& recording) { return recording->recorder().closed(); };
  return signals_.received() != 0 || writer_->closed() || printer_.done() ||
         std::any_of(recordings_.begin(), recordings_.end(), is_closed);
}

void ReadRun::hand_over() {
  for (auto& recording : recordings_) recording->recorder().hand_over();
  writer_->flush();
}

// Something is written, and may fail, which ends it.
template <typename Write>
void ReadRun::attempt(Write write) {
  try {
    write();
  } catch (const std::system_error& error) {
    if (failure_.empty()) failure_ = error.what();
  }
}

// What this reading comes to is the end of what it wrote.
void ReadRun::end_recordings() {
  if (recordings_.empty()) return;
  const std::string json = printer_.recorded_sum(closing_sum());
  for (auto& recording : recordings_) attempt([&] { recording->recorder().end(json); });
}

// False where no file can grow any more.
bool ReadRun::wait_for_more() {
  hand_over();
  if (!source_.follow) return false;
  const auto& readers = files_.readers();
  if (std::all_of(readers.begin(), readers.end(), [](const auto& reader) { return reader->ended(); })) return false;
  pollfd waits[] = {{signals_.poll_fd(), POLLIN, 0}, {writer_->fd(), 0, 0}};
  poll(waits, 2, kLookAgainMs);
  return (waits[1].revents & (POLLERR | POLLHUP)) == 0;
}

// At the outputs and the signals, now and then. False where the reading is over.
bool ReadRun::look_up() {
  writer_->check();
  for (auto& recording : recordings_) recording->recorder().check();
  if (printer_.congested()) printer_.wait_for_room();
  return !should_end();
}

void ReadRun::read_all() {
  begin();
  for (unsigned count = 0;; count++) {
    if (count % kLookForSignals == 0 && !look_up()) break;
    if (const Reader* reader = files_.next()) {
      take(*reader);
      if (printer_.done()) break;
    } else if (should_end() || !wait_for_more()) {
      break;
    } else {
      count = kLookForSignals - 1;
    }
  }
  writer_->flush();
}

int ReadRun::run() {
  attempt([&] { read_all(); });
  end_recordings();
  output::limit_telling(kLastWords);
  report();
  if (!failure_.empty()) throw RunError(failure_);
  bool broken = false;
  for (const auto& reader : files_.readers()) broken |= reader->is_broken();
  if (broken) return 1;
  return options_.strict && closing_sum().lost_in_all() > 0 ? 3 : 0;
}

// What only the end of a recording tells. Before version 4 that was all that the kernel skipped, at any hit.
void ReadRun::add_end(const Reader& reader, output::ClosingSum& sum) const {
  if (reader.closing_sum().empty()) return;
  const auto json = recording::parse_json_or_null(reader.closing_sum());
  if (!json.is_object()) return;
  const auto number = [](const nlohmann::ordered_json& object, const char* key) -> uint64_t {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
  };
  const auto skipped_of = [&](const char* key) { return json.contains(key) ? number(json[key], "kernel_skipped") : 0; };
  const auto told = told_skipped_.find(&reader);
  const Skipped by_gaps = told == told_skipped_.end() ? Skipped{} : told->second;
  const auto untold = [](uint64_t all, uint64_t known) { return std::max(all, known) - known; };
  sum.may_have_matched.skipped +=
      untold(skipped_of("may_have_matched"), by_gaps.may_have_matched) + untold(skipped_of("lost"), by_gaps.lost);
  sum.lists_cut += number(json, "lists_cut");
  sum.tasks_left_out += number(json, "tasks_left_out");
  const auto counted = json.find("kernel_skipped_counted");
  sum.skipped_are_counted &= counted == json.end() || *counted != false;
}

output::ClosingSum ReadRun::closing_sum() const {
  output::ClosingSum sum;
  printer_.sum_up(sum);
  sum.recorded = recorded_;
  sum.lost = printer_.losses().lost;
  sum.may_have_matched = printer_.losses().may_have_matched;
  sum.without_stack = printer_.without_stack();
  sum.without_args = printer_.without_args();
  sum.late = late_;
  sum.malformed = malformed_;
  sum.undecidable = undecidable_;
  sum.seconds = static_cast<double>(last_ns_ - std::min(first_ns_, last_ns_)) / 1e9;
  for (const auto& reader : files_.readers()) {
    sum.malformed += reader->malformed();
    sum.probes += reader->names().head().probes.size();
    add_end(*reader, sum);
  }
  return sum;
}

void ReadRun::report() {
  const bool to_the_end = !printer_.done() && !writer_->closed() && signals_.received() == 0;
  for (const auto& reader : files_.readers()) {
    const std::string problem = reader->problem();
    if (!problem.empty() && (to_the_end || reader->is_broken())) say(options_, problem);
    if (problem.empty() && to_the_end && reader->is_recording() && !reader->ended() && !reader->rotated() &&
        reader->is_original())
      say(options_,
          fmt::format("{}: it was not ended: its writer is still running, or was killed{}", reader->path(),
                      reader->names().head().marks_original ? "" : ", or this is what editcap or mergecap made of it"));
    for (const auto& section : reader->unknown_sections())
      say(options_,
          fmt::format("{}: its events have a section '{}' that this version does not know: it is left out{}; the "
                      "skbtrail that wrote the file shows it",
                      reader->path(), section, options_.recordings.empty() ? "" : ", also from what is written"));
    for (const auto& [link_type, packets] : reader->unknown_links())
      say(options_, fmt::format("{}: {} packet{} of link type {} ({}) {} shown without bytes: no packet that is "
                                "understood is in there",
                                reader->path(), packets, packets == 1 ? "" : "s", link_type,
                                filter::link_type_name(link_type), packets == 1 ? "is" : "are"));
  }
  const auto sum = closing_sum();
  say(options_, output::sum_line(sum));
  write_summary(summary_file_, options_, sum);
}

}  // namespace

int read(const TraceOptions& options, const RecordedOptions& recorded, recording::Merge& files) {
  return ReadRun(options, recorded, files).run();
}

}  // namespace skbtrail::run
