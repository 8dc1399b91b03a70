// Layout `trail`: each packet by itself, when its fate is known. A head that alone answers where it came from, where it
// went, how long that took and what became of it; below it the steps, with the time since the step before:
//
//   14:03:07.123456  IP 10.0.0.2.41012 > 198.51.100.7.53: 1+ A? example.org. (29)
//     curl[812] → pod-a → host   148 µs   FORWARDED out of eth0
//     pod-a  eth0      net_dev_queue             +0
//     host   veth7065  netif_rx                  +6.12 µs
//            eth0      net_dev_start_xmit        +98.1 µs  src 10.0.0.2:41012 → 203.0.113.9:2051, ttl 64 → 63
//       └ clone: captured by tcpdump[813]
//            eth0      packet_rcv                +1.02 µs
//
// The skbs that descend from the first one are below the step before they were made, indented. What repeats itself
// is once, with how often. Of what drivers said only what is no success is shown, unless it is the last that is
// known.
#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "output/text_trail_layout.h"
#include "output/trail_text.h"
#include "output/wrapped.h"
#include "text/append.h"
#include "text/printable.h"
#include "trail/hops.h"

namespace skbtrail::output {

namespace {

using trail::Branch;
using trail::Role;
using trail::Step;
using trail::Trail;

constexpr std::string_view kChangeColor = "\033[36m";
constexpr size_t kWidestNetns = 24, kWidestName = 28;
constexpr size_t kLongestPeriod = 8;  // of steps that repeat themselves
constexpr size_t kDeepest = 4;        // that is indented further

// As wide as the widest so far, so that trails below one another line up.
struct Column {
  size_t width;
  size_t widest;

  void fit(size_t columns) { width = std::max(width, std::min(columns, widest)); }
};

class TextTrails final : public TextTrailLayout {
 public:
  explicit TextTrails(const LayoutChoice& choice)
      : TextTrailLayout(choice),
        is_since_first_(choice.time == TimeStyle::trail),
        shows_checksums_(choice.trails.shows_checksums),
        shows_share_(choice.trails.shows_latency),
        explains_(choice.explains) {}

 private:
  void append(fmt::memory_buffer& out, const Trail& trail) override;

  void append_head(fmt::memory_buffer& out, const Trail& trail);
  static void append_remarks(Wrapped& head, const Trail& trail);
  void append_branch(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth);
  void append_children(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth, uint64_t until_ns);
  void append_child_head(fmt::memory_buffer& out, const Trail& trail, const Branch& child, size_t depth);
  void append_step(fmt::memory_buffer& out, const Trail& trail, const Step& step, size_t depth, size_t times);
  void append_detail(fmt::memory_buffer& out, const Trail& trail, const Step& step);
  void append_delta(fmt::memory_buffer& out, uint64_t ns);
  void append_share(fmt::memory_buffer& out, const Trail& trail, const Step& step);
  void append_holes(fmt::memory_buffer& out, const Trail& trail, uint64_t until_ns);
  void fit_columns(const Trail& trail);
  void indent(fmt::memory_buffer& out, size_t depth) const { pad(out, 2 + 2 * std::min(depth, kDeepest)); }

  static size_t columns_since(const fmt::memory_buffer& out, size_t begin) {
    return columns_of(std::string_view(out.data() + begin, out.size() - begin));
  }
  void paint(fmt::memory_buffer& out, std::string_view color) const {
    if (color_) text::append(out, color);
  }

  bool is_since_first_;  // the time of a step, and not since the one before
  bool shows_checksums_;
  bool shows_share_;  // of the whole time
  bool explains_;
  Column netns_{4, kWidestNetns}, device_{4, 15}, name_{18, kWidestName};
  // Of the trail that is being printed.
  std::vector<std::vector<Step>> steps_;         // of each branch, that are shown
  std::vector<std::vector<uint16_t>> children_;  // of each branch, the oldest first
  std::vector<size_t> next_child_;
  const Step* previous_ = nullptr;  // that was shown, for the time in between
  uint32_t shown_netns_ = 0;
  uint16_t shown_location_ = Step::kNone, shown_task_ = Step::kNone;
  size_t next_hole_ = 0;
};

void TextTrails::append_head(fmt::memory_buffer& out, const Trail& trail) {
  Wrapped head(out, width_, color_);
  fmt::memory_buffer time, way, total, fate;
  if (!trail.steps.empty())
    time_.append(time, trail.first_ns(), trail.names->time_of_day_ns(trail.first_ns()), trail.names->clock());
  append_way(way, trail, signs_);
  append_duration(total, trail.total_ns, signs_);
  append_fate(fate, trail);
  head.add(time);
  head.gap(2);
  head.add_text(trail.packet.empty() ? std::string_view("(a packet whose headers were not seen)") : trail.packet,
                kHeadColor);
  head.keep_together(columns_of(way) + columns_of(total) + columns_of(fate) + 6);
  head.add(way);
  head.add(total);
  head.add_text(fate, color_of(trail.fate));
  append_remarks(head, trail);
  text::append(out, '\n');
}

void TextTrails::append_remarks(Wrapped& head, const Trail& trail) {
  uint64_t lost = 0;
  for (const auto& hole : trail.holes) lost += hole.lost;
  if (lost) head.add(fmt::format("(events were lost meanwhile: up to {})", lost), kDoubtColor);
  if (trail.steps_left_out) head.add(fmt::format("({} steps skipped)", trail.steps_left_out), kDoubtColor);
  if (trail.continues) head.add("(the rest of a packet whose trail was printed before)", kDoubtColor);
}

void TextTrails::append_holes(fmt::memory_buffer& out, const Trail& trail, uint64_t until_ns) {
  for (; next_hole_ < trail.holes.size() && trail.holes[next_hole_].time_ns <= until_ns; next_hole_++) {
    paint(out, kDoubtColor);
    fmt::format_to(std::back_inserter(out), "  *** up to {} events were lost here ***", trail.holes[next_hole_].lost);
    paint(out, kNoColor);
    text::append(out, '\n');
  }
}

void TextTrails::append_delta(fmt::memory_buffer& out, uint64_t ns) {
  constexpr size_t kWidth = 9;
  fmt::memory_buffer delta;
  text::append(delta, '+');
  if (ns)
    append_duration(delta, ns, signs_);
  else
    text::append(delta, '0');
  const size_t columns = columns_of(delta);
  pad(out, columns < kWidth ? kWidth - columns : 0);
  out.append(delta);
}

// " 61 %", of the time from the first step to the fate.
void TextTrails::append_share(fmt::memory_buffer& out, const Trail& trail, const Step& step) {
  constexpr size_t kWidth = 7;
  const uint64_t before_ns = previous_ ? previous_->time_ns : trail.first_ns();
  const uint64_t took = step.time_ns - std::min(before_ns, step.time_ns);
  if (!trail.total_ns || !took || trail::is_deferred_free(trail, step)) return pad(out, kWidth);
  fmt::format_to(std::back_inserter(out), "{:>5} %", (took * 100 + trail.total_ns / 2) / trail.total_ns);
}

void TextTrails::append_detail(fmt::memory_buffer& out, const Trail& trail, const Step& step) {
  const size_t begin = out.size();
  const auto separate = [&] { text::append(out, out.size() > begin ? ", " : ""); };
  const Branch& branch = trail.branches[step.branch];
  for (size_t i = 0; i < step.changes; i++) {
    const auto& change = trail.changes[step.first_change + i];
    if (change.what == trail::What::checksum && !shows_checksums_) continue;
    separate();
    paint(out, kChangeColor);
    append_change(out, change, signs_);
    paint(out, kNoColor);
  }
  if (step.role == Role::kfree && branch.has_reason) {
    separate();
    paint(out, branch.is_dropped ? kBadColor : kDimColor);
    text::append_printable(out, trail.names->name(event::NameKind::drop_reason, branch.drop_reason));
    if (branch.is_benign) {
      text::append(out, ": ");
      text::append(out, branch.benign);
    }
    paint(out, kNoColor);
  }
  if (step.decision != Step::kNone) {
    const trail::Decision& decision = trail.decisions[step.decision];
    separate();
    paint(out, decision.is_bad() ? kBadColor : kDimColor);
    text::append_printable(out, decision.text);
    paint(out, kNoColor);
  }
  if (step.role == Role::ends_xmit && step.result) {
    separate();
    text::append(out, "the driver answered ");
    text::append_integer(out, step.result);
  }
  if (step.task != Step::kNone && step.task != shown_task_) {
    separate();
    append_task_of(out, trail, trail.tasks[step.task]);
  }
  shown_task_ = step.task;
  if (step.is_late) {
    separate();
    text::append(out, "out of order");
  }
}

void TextTrails::append_step(fmt::memory_buffer& out, const Trail& trail, const Step& step, size_t depth,
                             size_t times) {
  append_holes(out, trail, step.time_ns);
  const size_t line = out.size();
  indent(out, depth);
  size_t begin = out.size();
  const trail::Location* location = step.location == Step::kNone ? nullptr : &trail.locations[step.location];
  if (location && location->netns && location->netns != shown_netns_) {
    append_netns(out, trail, location->netns);
    shown_netns_ = location->netns;
    shown_location_ = Step::kNone;
  }
  const auto end_column = [&](const Column& column) {
    const size_t columns = columns_since(out, begin);
    pad(out, (columns < column.width ? column.width - columns : 0) + 2);
    begin = out.size();
  };
  end_column(netns_);
  if (location && location->ifindex && step.location != shown_location_)
    text::append_printable(out, location->ifname());
  if (location) shown_location_ = step.location;
  end_column(device_);
  text::append_printable(out, trail.names->probe(step.probe));
  if (step.is_return && step.decision == Step::kNone) text::append(out, " returns");
  if (times > 1) fmt::format_to(std::back_inserter(out), " {}{}", signs_.times, times);
  end_column(name_);
  const uint64_t before_ns = previous_ && !is_since_first_ ? previous_->time_ns : trail.first_ns();
  append_delta(out, step.time_ns > before_ns ? step.time_ns - before_ns : 0);
  if (shows_share_) append_share(out, trail, step);
  previous_ = &step;
  fmt::memory_buffer detail;
  append_detail(detail, trail, step);
  if (detail.size()) {
    if (width_ && columns_since(out, line) + 2 + columns_of(detail) > width_) {
      text::append(out, '\n');
      pad(out, 6 + 2 * std::min(depth, kDeepest));
    } else {
      text::append(out, "  ");
    }
    out.append(detail);
  }
  while (out[out.size() - 1] == ' ') out.resize(out.size() - 1);
  text::append(out, '\n');
}

// "  └ clone: captured by tcpdump[812]".
void TextTrails::append_child_head(fmt::memory_buffer& out, const Trail& trail, const Branch& child, size_t depth) {
  const size_t begin = out.size();
  indent(out, depth + 1);
  text::append(out, signs_.child);
  const size_t column = columns_since(out, begin);
  Wrapped head(out, width_, color_, column, column);
  fmt::memory_buffer descent, fate;
  append_descent(descent, trail, child);
  text::append(descent, ':');
  append_branch_fate(fate, trail, child);
  head.add_text(descent);
  head.gap(1);
  head.add_text(fate, color_of(child.fate));
  text::append(out, '\n');
}

// Nothing new happens at it.
bool looks_like(const Step& a, const Step& b) {
  return a.probe == b.probe && a.location == b.location && a.role == b.role && a.result == b.result &&
         a.is_return == b.is_return && a.decision == b.decision && !a.changes && !b.changes && a.task == b.task;
}

// How often the `period` steps from `at` on come one after the other.
size_t repeats(const std::vector<Step>& steps, size_t at, size_t period) {
  size_t times = 1;
  for (;; times++) {
    const size_t next = at + times * period;
    if (next + period > steps.size()) return times;
    for (size_t i = 0; i < period; i++)
      if (!looks_like(steps[at + i], steps[next + i])) return times;
  }
}

void TextTrails::append_children(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth,
                                 uint64_t until_ns) {
  for (size_t& next = next_child_[branch]; next < children_[branch].size(); next++) {
    const uint16_t child = children_[branch][next];
    if (trail.branches[child].first_ns > until_ns) return;
    const auto saved = std::tuple(previous_, shown_netns_, shown_location_, shown_task_);
    append_child_head(out, trail, trail.branches[child], depth);
    append_branch(out, trail, child, depth + 1);
    std::tie(previous_, shown_netns_, shown_location_, shown_task_) = saved;
    shown_netns_ = 0;  // in sight of its own
    shown_location_ = Step::kNone;
  }
}

void TextTrails::append_branch(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth) {
  const auto& steps = steps_[branch];
  for (size_t at = 0; at < steps.size();) {
    append_children(out, trail, branch, depth, steps[at].time_ns - (steps[at].time_ns > 0));
    size_t period = 1, times = repeats(steps, at, 1);
    for (size_t longer = 2; times == 1 && longer <= kLongestPeriod; longer++)
      if (const size_t found = repeats(steps, at, longer); found > 2) period = longer, times = found;
    for (size_t i = 0; i < period; i++) append_step(out, trail, steps[at + i], depth, times);
    at += period * times;
  }
  append_children(out, trail, branch, depth, UINT64_MAX);
}

void TextTrails::fit_columns(const Trail& trail) {
  fmt::memory_buffer text;
  for (const auto& location : trail.locations) {
    text.clear();
    if (location.netns) append_netns(text, trail, location.netns);
    netns_.fit(columns_of(text));
    device_.fit(location.ifname().size());
  }
  for (const auto& step : trail.steps) name_.fit(trail.names->probe(step.probe).size());
}

void TextTrails::append(fmt::memory_buffer& out, const Trail& trail) {
  append_head(out, trail);
  if (diagnoses()) append_findings(out, trail, findings(), {width_, color_, explains_});
  fit_columns(trail);
  const size_t branches = trail.branches.size();
  steps_.resize(std::max(steps_.size(), branches));
  children_.resize(std::max(children_.size(), branches));
  next_child_.assign(branches, 0);
  for (size_t i = 0; i < branches; i++) {
    steps_[i].clear();
    children_[i].clear();
  }
  for (const auto& step : trail.steps)
    if (trail::is_on_the_way(trail, step)) steps_[step.branch].push_back(step);
  for (size_t i = 0; i < branches; i++)
    if (const uint16_t parent = trail.branches[i].parent; parent != Branch::kNone)
      children_[parent].push_back(static_cast<uint16_t>(i));
  previous_ = nullptr;
  shown_netns_ = 0;
  shown_location_ = shown_task_ = Step::kNone;
  next_hole_ = 0;
  if (branches) append_branch(out, trail, 0, 0);
  append_holes(out, trail, UINT64_MAX);
  text::append(out, '\n');
}

}  // namespace

std::unique_ptr<Layout> make_trail_layout(const LayoutChoice& choice) {
  return std::make_unique<TextTrails>(choice);
}

}  // namespace skbtrail::output
