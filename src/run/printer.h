// What live runs and reading have in common: each event through --where to the layout and to the recordings that are
// written, until -c is reached, and how many they were.
//
// Borrows everything. Neither waits nor throws where something cannot be written: the outputs tell.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "filter/where.h"
#include "output/closing_sum.h"
#include "output/layout.h"
#include "output/writer.h"
#include "recording/recorder.h"
#include "run/options.h"
#include "run/rate.h"
#include "run/whole_file.h"
#include "stream/order.h"

namespace skbtrail::run {

std::unique_ptr<output::Layout> make_layout(const TraceOptions& options, const output::Writer& writer);
std::unique_ptr<output::Writer> make_writer(const TraceOptions& options);

// The tree of tracers that words of -t and -x are understood by. Throws UsageError where a file of tracers is wrong.
std::shared_ptr<const probe::TracerTree> tree_of(const TraceOptions& options);

// --summary, where it is wanted: to standard error or to its file. Throws RunError.
void write_summary(const std::optional<WholeFile>& file, const TraceOptions& options, const output::ClosingSum& sum);

// What of --where may mean another field than was thought of: a sentence, or nothing.
std::string where_hint(const std::string& where);

// To standard error, unless -q.
void say(const TraceOptions& options, const std::string& text);

class Printer {
 public:
  Printer(const TraceOptions& options, const std::optional<filter::Where>& where, output::Layout& layout,
          output::Writer& writer)
      : options_(options), where_(where), layout_(layout), writer_(writer) {
    if (options.rate) rate_.emplace(*options.rate);
  }

  void add_recorder(recording::Recorder& recorder) { recorders_.push_back(&recorder); }

  void event(event::Event& event) {
    if (done()) return;
    if (where_ && where_->judge(event) != filter::Truth::yes) {
      refused_++;
      return;
    }
    const bool printed = prints_ && (!rate_ || rate_->allows(event.core->time_ns));
    withheld_ += prints_ && !printed;
    if (prints_ && !printed && recorders_.empty()) return;
    events_++;
    printed_ += printed;
    undecided_ += event.has(REC_FLAG_UNDECIDED);
    without_stack_ += event.stack && !event.stack->id;
    without_args_ += event.args && !event.args->known;
    for (auto* recorder : recorders_) recorder->event(event);
    if (!printed) return;
    layout_.event(writer_.buffer(), event);
    writer_.event_added();
  }

  void gap(const event::Gap& gap, const event::Names& names) {
    if (done()) return;
    gaps_++;
    losses_.add(gap);
    for (auto* recorder : recorders_) recorder->gap(gap);
    if (!prints_) return;
    layout_.gap(writer_.buffer(), gap, names);
    writer_.added();
  }

  [[nodiscard]] bool has_where() const { return where_.has_value(); }
  // More waits to be written than should: hand on nothing for now.
  [[nodiscard]] bool congested() const {
    return writer_.congested() ||
           std::any_of(recorders_.begin(), recorders_.end(), [](const auto* r) { return r->congested(); });
  }
  void wait_for_room() {
    writer_.wait_for_room();
    for (auto* recorder : recorders_) recorder->wait_for_room();
  }

  // Events, and what became of them in each output.
  void sum_up(output::ClosingSum& sum) const;
  // What a recording keeps of a sum: of events, and not of how they were printed.
  [[nodiscard]] std::string recorded_sum(output::ClosingSum sum) const;

  [[nodiscard]] bool done() const { return options_.count && (prints_ ? printed_ : events_) >= *options_.count; }
  [[nodiscard]] uint64_t events() const { return events_; }
  // By --rate: not printed, though recorded where something records.
  [[nodiscard]] uint64_t withheld() const { return withheld_; }
  [[nodiscard]] uint64_t gaps() const { return gaps_; }
  [[nodiscard]] uint64_t undecided() const { return undecided_; }
  [[nodiscard]] uint64_t without_stack() const { return without_stack_; }
  [[nodiscard]] uint64_t without_args() const { return without_args_; }
  // What the gaps come to.
  [[nodiscard]] const event::LossSum& losses() const { return losses_; }

 private:
  const TraceOptions& options_;
  const std::optional<filter::Where>& where_;
  output::Layout& layout_;
  output::Writer& writer_;
  bool prints_ = options_.prints();
  std::vector<recording::Recorder*> recorders_;
  std::optional<Rate> rate_;
  uint64_t events_ = 0, printed_ = 0, withheld_ = 0, refused_ = 0, gaps_ = 0, undecided_ = 0, without_stack_ = 0,
           without_args_ = 0;
  event::LossSum losses_;
};

}  // namespace skbtrail::run
