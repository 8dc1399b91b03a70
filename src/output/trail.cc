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

// On a terminal, without what sets a colour. Nearly all is ASCII.
size_t columns_of(std::string_view text) {
  size_t columns = 0;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte == 0x1b) {
      at = std::min(text.find('m', at), text.size() - 1) + 1;
    } else if (byte < 0x80) {
      columns++;
      at++;
    } else {
      size_t end = at;
      while (end < text.size() && static_cast<uint8_t>(text[end]) >= 0x80) end++;
      columns += text::columns_of(text.substr(at, end - at));
      at = end;
    }
  }
  return columns;
}
size_t columns_of(const fmt::memory_buffer& text) {
  return columns_of(std::string_view(text.data(), text.size()));
}

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

  class Wrapped;
  void append_head(fmt::memory_buffer& out, const Trail& trail);
  static void append_remarks(Wrapped& head, const Trail& trail);
  void append_branch(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth);
  void append_children(fmt::memory_buffer& out, const Trail& trail, uint16_t branch, size_t depth, uint64_t until_ns);
  void append_child_head(fmt::memory_buffer& out, const Trail& trail, const Branch& child, size_t depth);
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
    return columns_of(std::string_view(out.data() + begin, out.size() - begin));
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

std::string_view color_of(Fate fate) {
  switch (fate) {
    case Fate::dropped: return kBadColor;
    case Fate::not_known: return kDoubtColor;
    case Fate::captured: return kDimColor;
    default: return kGoodColor;
  }
}

// Pieces behind one another; what does not fit begins a line. No terminal: all in one line, which grep finds.
class TextTrails::Wrapped {
 public:
  // `column`: so much stands in the line already.
  Wrapped(fmt::memory_buffer& out, size_t width, bool color, size_t column = 0, size_t indent = 2)
      : out_(out), width_(width), color_(color), indent_(indent), column_(column), gap_(column ? 0 : 3) {}

  void add(std::string_view piece, std::string_view color = {}) {
    if (piece.empty()) return;
    const size_t columns = columns_of(piece);
    keep_together(columns);
    if (is_begun_) space(gap_);
    if (color_) text::append(out_, color);
    text::append(out_, piece);
    if (color_ && !color.empty()) text::append(out_, kNoColor);
    column_ += columns;
    is_begun_ = true;
    gap_ = 3;
  }
  void add(const fmt::memory_buffer& piece, std::string_view color = {}) { add({piece.data(), piece.size()}, color); }

  // Broken between words, where it is wider than what there is left.
  void add_text(std::string_view piece, std::string_view color = {}) {
    while (!fits(columns_of(piece))) {
      size_t end = piece.find(' ');
      if (end == std::string_view::npos) break;
      if (is_begun_ && !fits(columns_of(piece.substr(0, end)))) {
        end_line();
        continue;
      }
      for (size_t next = end; next != std::string_view::npos; next = piece.find(' ', next + 1))
        if (fits(columns_of(piece.substr(0, next)))) end = next;
      add(piece.substr(0, end), color);
      end_line();
      piece.remove_prefix(end + 1);
    }
    add(piece, color);
  }
  void add_text(const fmt::memory_buffer& piece, std::string_view color = {}) {
    add_text({piece.data(), piece.size()}, color);
  }

  // A line of its own for so much, if there is too little left of this one.
  void keep_together(size_t columns) {
    if (is_begun_ && !fits(columns)) end_line();
  }
  // Between what is there and what comes.
  void gap(size_t columns) { gap_ = columns; }

 private:
  [[nodiscard]] bool fits(size_t columns) const {
    return !width_ || column_ + (is_begun_ ? gap_ : 0) + columns <= width_;
  }
  void end_line() {
    text::append(out_, '\n');
    column_ = 0;
    space(indent_);
    is_begun_ = false;
  }
  void space(size_t columns) {
    pad(out_, columns);
    column_ += columns;
  }

  fmt::memory_buffer& out_;
  size_t width_;
  bool color_;
  size_t indent_, column_, gap_;
  bool is_begun_ = false;  // something stands in this line
};

void TextTrails::append_head(fmt::memory_buffer& out, const Trail& trail) {
  Wrapped head(out, width_, color_);
  fmt::memory_buffer time, way, total, fate;
  if (!trail.steps.empty()) time_.append(time, trail.first_ns(), trail.names->time_of_day_ns(trail.first_ns()));
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
  if (trail.steps_left_out) head.add(fmt::format("({} steps left out)", trail.steps_left_out), kDoubtColor);
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
  const uint64_t before_ns = previous_ ? previous_->time_ns : trail.first_ns();
  append_delta(out, step.time_ns > before_ns ? step.time_ns - before_ns : 0);
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
    append_child_head(out, trail, trail.branches[child], depth);
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
    netns_.fit(columns_of(text));
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
