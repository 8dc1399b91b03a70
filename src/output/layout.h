// A way to print. One file each; made_layout() is where a name becomes one.
//
// A layout adds whole lines to the buffer it is handed and keeps what it needs between events (column widths, the time
// of the event before). It never writes, and never throws but for lack of memory.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "event/fields.h"
#include "event/gap.h"
#include "output/time_format.h"

namespace skbtrail::output {

class Layout {
 public:
  virtual ~Layout() = default;

  // Names of columns, for a person in front of a terminal; a layout for machines adds nothing.
  virtual void header(fmt::memory_buffer& out) { (void)out; }

  // The output is a terminal this wide: lines are broken between fields. 0: it is none.
  virtual void set_width(size_t columns) { (void)columns; }

  // The longest name of what is traced has so many columns; 0: not known.
  virtual void expect_functions(size_t columns) { (void)columns; }

  virtual void event(fmt::memory_buffer& out, const event::Event& event) = 0;
  virtual void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) = 0;

  // Nothing more comes.
  virtual void end(fmt::memory_buffer& out) { (void)out; }
};

struct LayoutChoice {
  std::vector<const event::Field*> fields;
  TimeStyle time = TimeStyle::clock;
  bool color = false;                           // drops and gaps stand out
  bool detail = false;                          // of `nettrace`: skb, device, task and tracer as well
  bool absolute_tcp = false;                    // of `line`: sequence numbers as they are on the wire
  const event::Field* zero_is_usual = nullptr;  // of `line`: no column, shown by name where it is not zero
  // The tracer that a probe of this name belongs to, "ip-in"; empty: none.
  std::function<std::string_view(std::string_view probe)> tracer_of = nullptr;
};

std::unique_ptr<Layout> make_line_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_json_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_count_layout();
std::unique_ptr<Layout> make_tracepkt_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_perf_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_nettrace_layout(const LayoutChoice& choice);

// "ring_full", "tracking_full", "unfiltered", "nested": a cause of losses as JSON names it.
std::string_view loss_key(size_t cause);
// "ring full", ...: as people read it.
std::string_view loss_name(size_t cause);
// The same of hits that the kernel skipped.
constexpr std::string_view kSkippedKey = "kernel_skipped";
constexpr std::string_view kSkippedName = "skipped by the kernel, busy with another hit";

}  // namespace skbtrail::output
