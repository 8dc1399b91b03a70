// A way to print. One file each, and a row in layouts.cc.
//
// A layout adds whole lines to the buffer it is handed and keeps what it needs between events (column widths, the time
// of the event before). It never writes, and never throws but for lack of memory.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/reasons.h"
#include "diagnose/rules.h"
#include "event/event.h"
#include "event/fields.h"
#include "event/sink.h"
#include "output/time_format.h"

namespace skbtrail::output {

// Whether a probe is one of a tracer's.
using IsAt = std::function<bool(const event::Names& names, uint16_t probe)>;

// --between: the names of two tracers, and where they are.
struct BetweenChoice {
  std::string from, to;
  IsAt is_at_from, is_at_to;
};

// Which trails are printed, and what of them.
struct TrailChoice {
  std::optional<uint64_t> count;  // at most
  bool only_dropped = false;
  bool only_incomplete = false;
  uint64_t min_latency_ns = 0;
  bool shows_checksums = false;  // their state in the skb, where it changes
  bool prints_trails = true;     // and not only what comes after them
  bool merges = false;           // of `route`: one drawing a flow, at the end
  bool shows_latency = false;    // what share of the time each step took; at the end a table of all hops
  std::optional<BetweenChoice> between = std::nullopt;  // at the end the times between these
  // A trail is printed if this holds for one of its events; empty: each is.
  std::function<bool(const event::Event& event)> where = nullptr;
  // Instead of that, where it is asked what becomes of a trail: what an event answers, never 0; and of a trail
  // that is complete, whether it is one of those where an event of it answered so. `trail`: an event that knows its
  // trail, and nothing else.
  std::function<uint64_t(const event::Event& event)> answer = nullptr;
  std::function<bool(uint64_t answer, const event::Event& trail)> holds = nullptr;
};

class Layout {
 public:
  virtual ~Layout() = default;

  // What is above all events. `terminal`: there is a person in front of it; what only a person wants is not for a
  // file or a pipe.
  virtual void header(fmt::memory_buffer& out, bool terminal) { (void)out, (void)terminal; }

  // The output is a terminal this wide: lines are broken between fields. 0: it is none.
  virtual void set_width(size_t columns) { (void)columns; }

  // The longest name of what is traced has so many columns; 0: not known.
  virtual void expect_functions(size_t columns) { (void)columns; }

  virtual void event(fmt::memory_buffer& out, const event::Event& event) = 0;
  virtual void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) = 0;

  // In band, where that was asked for (LayoutKind::Shows::objects).
  virtual void notice(fmt::memory_buffer& out, const event::Notice& notice) { (void)out, (void)notice; }
  virtual void summary(fmt::memory_buffer& out, const event::Summary& summary) { (void)out, (void)summary; }

  // Nothing earlier than this comes any more (CLOCK_MONOTONIC): what waited for it may be printed.
  virtual void advance(fmt::memory_buffer& out, uint64_t until_ns) { (void)out, (void)until_ns; }

  // The same of what has names that end (event/sink.h).
  virtual void names_end(fmt::memory_buffer& out, const event::Names& names) { (void)out, (void)names; }

  // Whether events are held until they are told together. Then `ended` is called with how many of them were just told,
  // or will never be; else each is when event() returns.
  [[nodiscard]] virtual bool holds_events() const { return false; }
  virtual void tell_ends_to(const std::function<void(uint64_t events)>& ended) { (void)ended; }

  // Something waits for that.
  [[nodiscard]] virtual bool waits() const { return false; }

  // As much was printed as was asked for, of what the layout itself counts.
  [[nodiscard]] virtual bool is_full() const { return false; }
  // Nothing: it shows events.
  [[nodiscard]] virtual std::optional<event::TrailCounts> trails() const { return std::nullopt; }

  // Nothing more comes.
  virtual void end(fmt::memory_buffer& out) { (void)out; }
};

struct LayoutChoice {
  std::vector<const event::Field*> fields;
  TimeStyle time = TimeStyle::clock;
  bool color = false;         // drops and gaps are out
  bool detail = false;        // `nettrace`: skb, device, task, tracer; `skbtracer`: timestamp; `tracepkt`: more
  bool absolute_tcp = false;  // of `line`: sequence numbers as they are on the wire
  const event::Field* zero_is_usual = nullptr;  // of `line`: no column, shown by name where it is not zero
  TrailChoice trails = {};                      // of layouts that print trails
  bool ascii = false;                           // the terminal shows nothing else
  bool explains = false;                        // of drops: all that is known of a reason
  std::shared_ptr<const diagnose::Reasons> reasons = nullptr;  // of `drop`, and for `rules`
  // Of layouts that print trails: what is to be said of each. Null: nothing.
  std::shared_ptr<const diagnose::Rules> rules = nullptr;
  // Of `json`: adds what is known of a drop, as members after a comma each (json_advice.h).
  std::function<void(fmt::memory_buffer& out, const event::Event& event)> advise = nullptr;
  // The tracer that a probe of this name belongs to, "ip-in"; empty: none.
  std::function<std::string_view(std::string_view probe)> tracer_of = nullptr;
};

std::unique_ptr<Layout> make_line_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_json_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_count_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_tracepkt_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_perf_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_nettrace_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_nettrace_timeline(const LayoutChoice& choice);
std::unique_ptr<Layout> make_skbtracer_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_trail_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_drop_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_packetdrop_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_json_trail_layout(const LayoutChoice& choice);
std::unique_ptr<Layout> make_route_layout(const LayoutChoice& choice);

}  // namespace skbtrail::output
