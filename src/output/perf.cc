// The layout of `as perf trace`: the lines of perf trace.
//
//        0.010 ping/48922 net:net_dev_queue:dev=docker0 skbaddr=0xffff893aa3223400 len=98
//   ms, 10 wide  comm/tid event:print format of the event
//
// Milliseconds count from the first event, or with TimeStyle::mono from the boot (perf's -T). The task is the one on
// the CPU, in an interrupt too, as with perf.
#include <iterator>

#include "output/record_text.h"
#include "output/text_layout.h"
#include "text/fixed_text.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kCommWidth = 14;  // perf cuts names to it

class PerfLayout : public TextLayout {
 public:
  explicit PerfLayout(const LayoutChoice& choice) : TextLayout(choice), full_time_(choice.time == TimeStyle::mono) {}

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    append_time(out, event.core->time_ns);
    if (event.task) {
      text::append_printable(out, text::fixed_text(event.task->comm).substr(0, kCommWidth));
      fmt::format_to(std::back_inserter(out), "/{} ", event.task->tid);
    }
    append_what(out, event);
    out.push_back('\n');
  }

 private:
  void append_time(fmt::memory_buffer& out, uint64_t time_ns) {
    if (!first_ns_) first_ns_ = full_time_ ? 0 : time_ns;
    // One that comes late may be older than the first.
    const double milliseconds = (static_cast<double>(time_ns) - static_cast<double>(*first_ns_)) / 1e6;
    fmt::format_to(std::back_inserter(out), "{:10.3f} ", milliseconds);
  }

  void append_what(fmt::memory_buffer& out, const event::Event& event) {
    const auto* format = event.names->format(event.core->probe);
    if (format && !format->group.empty()) {
      text::append_printable(out, format->group);
      out.push_back(':');
    }
    text::append_printable(out, format ? std::string_view(format->name) : event.names->probe(event.core->probe));
    out.push_back(':');
    if (const auto arguments = event.arguments())
      texts_.append(out, *arguments, *event.names);
    else
      out.append(std::string_view("-"));
  }

  bool full_time_;
  std::optional<uint64_t> first_ns_;
  RecordText texts_;
};

}  // namespace

std::unique_ptr<Layout> make_perf_layout(const LayoutChoice& choice) {
  return std::make_unique<PerfLayout>(choice);
}

}  // namespace skbtrail::output
