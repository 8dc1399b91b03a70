// Layout `trail`: each packet by itself, when its fate is known. A head that alone answers where it came from, where it
// went, how long that took and what became of it; below it the steps, with the time since the step before:
//
//   14:03:07.123456  IP 10.0.0.2.41012 > 198.51.100.7.53: 1+ A? example.org. (29)
//     curl[812] → pod-a → host → out of eth0   148 µs   FORWARDED out of eth0
//     pod-a  eth0      net_dev_queue             +0
//     host   veth7065  netif_rx                  +6.12 µs
//            eth0      net_dev_start_xmit        +98.1 µs  src 10.0.0.2:41012 → 203.0.113.9:2051, ttl 64 → 63
//       └ clone: captured by tcpdump[813]
//            eth0      packet_rcv                +1.02 µs
//
// The skbs that descend from the first one stand below the step before they were made, indented. What repeats itself
// stands once, with how often. Of what drivers said only what is no success is shown, unless it is the last that is
// known.
#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "output/gap_text.h"
#include "output/trail_layout.h"
#include "output/trail_text.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

using trail::Branch;
using trail::Fate;
using trail::Role;
using trail::Step;
using trail::Trail;

constexpr std::string_view kHeadColor = "\033[1m";
constexpr std::string_view kBadColor = "\033[1;31m";
constexpr std::string_view kDoubtColor = "\033[1;33m";
constexpr std::string_view kGoodColor = "\033[1;32m";
constexpr std::string_view kChangeColor = "\033[36m";
constexpr std::string_view kDimColor = "\033[2m";
constexpr std::string_view kNoColor = "\033[0m";

constexpr size_t kWidestNetns = 24, kWidestName = 28;
constexpr size_t kLongestPeriod = 8;  // of steps that repeat themselves
constexpr size_t kDeepest = 4;        // that is indented further

// As wide as the widest so far, so that trails below one another line up.
struct Column {
  size_t width;
  size_t widest;

  void fit(size_t columns) { width = std::max(width, std::min(columns, widest)); }
};

class TextTrails final : public TrailLayout {
 public:
  explicit TextTrails(const LayoutChoice& choice)
      : TrailLayout(choice),
        time_(choice.time),
        color_(choice.color),
        shows_checksums_(choice.trails.shows_checksums),
        signs_(signs(choice.ascii)) {}

  void set_width(size_t columns) override { width_ = columns; }

 private:
  void append(fmt::memory_buffer& out, const Trail& trail) override;
  void append_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    output::append_gap(out, gap, names, color_);
  }

  void append_head(fmt::memory_buffer& out, const Trail& trail);
  void append_remarks(fmt::memory_buffer& out, const Trail& trail) const;
  void append_branch(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth);
  void append_children(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth, uint64_t until_ns);
  void append_step(fmt::memory_buffer& out, const Trail& trail, const Step& step, size_t depth, size_t times);
  void append_detail(fmt::memory_buffer& out, const Trail& trail, const Step& step);
  void append_delta(fmt::memory_buffer& out, uint64_t ns);
  void append_holes(fmt::memory_buffer& out, const Trail& trail, uint64_t until_ns);
  void fit_columns(const Trail& trail);
  void indent(fmt::memory_buffer& out, size_t depth) const { pad(out, 2 + 2 * std::min(depth, kDeepest)); }

  static void pad(fmt::memory_buffer& out, size_t columns) {
    char* at = text::room(out, columns);
    std::fill(at, at + columns, ' ');
  }
  static size_t columns_since(const fmt::memory_buffer& out, size_t begin) {
    return text::columns_of({out.data() + begin, out.size() - begin});
  }
  void paint(fmt::memory_buffer& out, std::string_view color) const {
    if (color_) text::append(out, color);
  }

  TimeFormat time_;
  bool color_;
  bool shows_checksums_;
  const Signs& signs_;
  size_t width_ = 0;
  Column netns_{4, kWidestNetns}, device_{4, 15}, name_{18, kWidestName};
  // Of the trail that is being printed.
  std::vector<std::vector<Step>> steps_;         // of each branch, that are shown
  std::vector<std::vector<uint16_t>> children_;  // of each branch, the oldest first
  std::vector<size_t> next_child_;
  const Step* previous_ = nullptr;  // that was shown, for the time in between
  uint32_t shown_netns_ = 0;
  uint16_t shown_place_ = Step::kNone, shown_task_ = Step::kNone;
  size_t next_hole_ = 0;
};

std::string_view color_of(const Trail& trail) {
  switch (trail.fate) {
    case Fate::dropped: return kBadColor;
    case Fate::not_known: return kDoubtColor;
    default: return kGoodColor;
  }
}

// In one line where that fits.
void TextTrails::append_head(fmt::memory_buffer& out, const Trail& trail) {
  const size_t begin = out.size();
  if (!trail.steps.empty()) time_.append(out, trail.first_ns(), trail.names->time_of_day_ns(trail.first_ns()));
  text::append(out, "  ");
  size_t unseen = 0;
  const auto painted = [&](std::string_view color) {
    if (!color_) return;
    unseen += color.size();
    text::append(out, color);
  };
  painted(kHeadColor);
  text::append(out, trail.packet.empty() ? std::string_view("(a packet whose headers were not seen)") : trail.packet);
  painted(kNoColor);
  fmt::memory_buffer way;
  append_way(way, trail, signs_);
  text::append(way, way.size() ? "   " : "");
  append_duration(way, trail.total_ns, signs_);
  text::append(way, "   ");
  fmt::memory_buffer fate;
  append_fate(fate, trail);
  const size_t columns = columns_since(out, begin) - unseen + 3 + text::columns_of({way.data(), way.size()}) +
                         text::columns_of({fate.data(), fate.size()});
  text::append(out, width_ && columns > width_ ? "\n  " : "   ");
  out.append(way);
  paint(out, color_of(trail));
  out.append(fate);
  paint(out, kNoColor);
  append_remarks(out, trail);
  text::append(out, '\n');
}

void TextTrails::append_remarks(fmt::memory_buffer& out, const Trail& trail) const {
  auto to = std::back_inserter(out);
  uint64_t lost = 0;
  for (const auto& hole : trail.holes) lost += hole.lost;
  paint(out, kDoubtColor);
  if (lost) fmt::format_to(to, "   (events were lost meanwhile: up to {})", lost);
  if (trail.steps_left_out) fmt::format_to(to, "   ({} steps left out)", trail.steps_left_out);
  if (trail.continues) text::append(out, "   (the rest of a packet whose trail was printed before)");
  paint(out, kNoColor);
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
  const size_t columns = text::columns_of({delta.data(), delta.size()});
  pad(out, columns < kWidth ? kWidth - columns : 0);
  out.append(delta);
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
    text::append_printable(out, trail.names->drop_reason(branch.drop_reason));
    if (branch.is_benign) {
      text::append(out, ": ");
      text::append(out, branch.benign);
    }
    paint(out, kNoColor);
  }
  if (step.role == Role::ends_xmit && step.result) {
    separate();
    text::append(out, "the driver answered ");
    text::append_integer(out, step.result);
  }
  if (step.task != Step::kNone && step.task != shown_task_) {
    separate();
    text::append_printable(out, trail.tasks[step.task].comm());
    fmt::format_to(std::back_inserter(out), "[{}]", trail.tasks[step.task].pid);
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
  const trail::Place* place = step.place == Step::kNone ? nullptr : &trail.places[step.place];
  if (place && place->netns && place->netns != shown_netns_) {
    append_netns(out, trail, place->netns);
    shown_netns_ = place->netns;
    shown_place_ = Step::kNone;
  }
  const auto end_column = [&](const Column& column) {
    const size_t columns = columns_since(out, begin);
    pad(out, (columns < column.width ? column.width - columns : 0) + 2);
    begin = out.size();
  };
  end_column(netns_);
  if (place && place->ifindex && step.place != shown_place_) text::append_printable(out, place->ifname());
  if (place) shown_place_ = step.place;
  end_column(device_);
  text::append_printable(out, trail.names->probe(step.probe));
  if (step.is_return) text::append(out, " returns");
  if (times > 1) fmt::format_to(std::back_inserter(out), " {}{}", signs_.times, times);
  end_column(name_);
  append_delta(out, previous_ && step.time_ns > previous_->time_ns ? step.time_ns - previous_->time_ns : 0);
  previous_ = &step;
  fmt::memory_buffer detail;
  append_detail(detail, trail, step);
  if (detail.size()) {
    const size_t columns = columns_since(out, line) + 2 + text::columns_of({detail.data(), detail.size()});
    if (width_ && columns > width_) {
      text::append(out, '\n');
      pad(out, 6 + 2 * std::min(depth, kDeepest));
    } else {
      text::append(out, "  ");
    }
    out.append(detail);
  }
  text::append(out, '\n');
}

// Nothing new happens at it.
bool looks_like(const Step& a, const Step& b) {
  return a.probe == b.probe && a.place == b.place && a.role == b.role && a.result == b.result &&
         a.is_return == b.is_return && !a.changes && !b.changes && a.task == b.task;
}

// How often the `period` steps from `at` on come one behind the other.
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
    const auto saved = std::tuple(previous_, shown_netns_, shown_place_, shown_task_);
    indent(out, depth);
    text::append(out, "  ");
    text::append(out, signs_.child);
    text::append(out, trail::lineage_name(trail.branches[child].lineage));
    text::append(out, ": ");
    append_branch_fate(out, trail, trail.branches[child]);
    text::append(out, '\n');
    append_branch(out, trail, child, depth + 1);
    std::tie(previous_, shown_netns_, shown_place_, shown_task_) = saved;
    shown_netns_ = 0;  // in sight of its own
    shown_place_ = Step::kNone;
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
  for (const auto& place : trail.places) {
    text.clear();
    if (place.netns) append_netns(text, trail, place.netns);
    netns_.fit(text::columns_of({text.data(), text.size()}));
    device_.fit(place.ifname().size());
  }
  for (const auto& step : trail.steps) name_.fit(trail.names->probe(step.probe).size());
}

// A driver's success says nothing that the steps behind it do not.
bool is_shown(const Trail& trail, const Step& step) {
  if (step.role == Role::clears || step.role == Role::ends_gro) return false;
  if (step.role != Role::ends_xmit || step.result || !step.has_result) return true;
  const Branch& branch = trail.branches[step.branch];
  return branch.is_xmitted && branch.fate_ns == step.time_ns;
}

void TextTrails::append(fmt::memory_buffer& out, const Trail& trail) {
  append_head(out, trail);
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
    if (is_shown(trail, step)) steps_[step.branch].push_back(step);
  for (size_t i = 0; i < branches; i++)
    if (const uint16_t parent = trail.branches[i].parent; parent != Branch::kNone)
      children_[parent].push_back(static_cast<uint16_t>(i));
  previous_ = nullptr;
  shown_netns_ = 0;
  shown_place_ = shown_task_ = Step::kNone;
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
