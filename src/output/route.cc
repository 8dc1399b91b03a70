// Layout `route`: of each packet the way that it took, drawn in a line; with --merge, at the end, of each flow.
//
//   14:03:07.123456  IP 10.77.0.1.4000 > 10.77.0.2.9001: UDP, length 9   91.3 µs
//     blue [ nc → veth0 ] ═ green [ veth1 → ✗ ]   DROPPED: NO_SOCKET in __udp4_lib_rcv, at veth1
//
//   icmp 10.77.0.1 > 10.77.0.2   3 packets, 3 replies
//     → 3×  blue [ ping → veth0 ] ═ green [ veth1 ]   CONSUMED by icmp_rcv   p50 58.2 µs
//     ← 3×  green [ veth1 ] ═ blue [ veth0 → ping ]   DELIVERED   p50 18.1 µs
//
// What was made of a packet and went elsewhere, or was dropped there, has a line of its own below it.
#include <algorithm>
#include <iterator>

#include "output/flows.h"
#include "output/route_text.h"
#include "output/text_trail_layout.h"
#include "text/append.h"

namespace skbtrail::output {

namespace {

using trail::Trail;

constexpr size_t kIndent = 2, kDeeper = 6;
constexpr size_t kMostSides = 16;  // of one packet

class Routes final : public TextTrailLayout {
 public:
  explicit Routes(const LayoutChoice& choice) : TextTrailLayout(choice), merges_(choice.trails.merges) {}

 private:
  void append(fmt::memory_buffer& out, const Trail& trail) override;
  void append_end(fmt::memory_buffer& out) override;

  void append_head(fmt::memory_buffer& out, const Trail& trail);
  void append_side(fmt::memory_buffer& out, const Trail& trail, uint16_t branch);
  void append_flow(fmt::memory_buffer& out, const Flows::Flow& flow);
  void append_way(fmt::memory_buffer& out, const Flows::Way& way);
  Wrapped begin_line(fmt::memory_buffer& out, size_t indent) const {
    pad(out, indent);
    Wrapped line(out, width_, color_, indent, kDeeper);
    line.gap(0);
    return line;
  }

  bool merges_;
  Flows flows_;
};

void Routes::append_head(fmt::memory_buffer& out, const Trail& trail) {
  Wrapped head(out, width_, color_);
  fmt::memory_buffer time, total;
  if (!trail.steps.empty()) time_.append(time, trail.first_ns(), trail.names->time_of_day_ns(trail.first_ns()));
  append_duration(total, trail.total_ns, signs_);
  head.add(time);
  head.gap(2);
  head.add_text(trail.packet.empty() ? std::string_view("(a packet whose headers were not seen)") : trail.packet,
                kHeadColor);
  head.add(total);
  text::append(out, '\n');
}

// "  └ copy: hub [ p2 ] ═ b [ e0 → ✗ ]   DROPPED ..."
void Routes::append_side(fmt::memory_buffer& out, const Trail& trail, uint16_t at) {
  const auto& branch = trail.branches[at];
  Wrapped line = begin_line(out, kIndent + 2);
  fmt::memory_buffer descent;
  text::append(descent, signs_.child);
  append_descent(descent, trail, branch);
  text::append(descent, ':');
  line.add_text({descent.data(), descent.size()});
  append_pieces(line, draw(trail, trail::route_of(trail, at), branch, branch.fate, signs_));
  text::append(out, '\n');
}

void Routes::append(fmt::memory_buffer& out, const Trail& trail) {
  if (merges_) return flows_.add(trail, signs_);
  append_head(out, trail);
  if (trail.branches.empty()) return;
  Wrapped line = begin_line(out, kIndent);
  append_pieces(line, draw(trail, trail::route_of(trail), trail.decisive(), trail.fate, signs_));
  text::append(out, '\n');
  const auto sides = trail::side_routes(trail);
  for (size_t i = 0; i < sides.size() && i < kMostSides; i++) append_side(out, trail, sides[i]);
  if (sides.size() > kMostSides)
    fmt::format_to(std::back_inserter(out), "    {}and {} more\n", signs_.child, sides.size() - kMostSides);
}

// "  → 3×  blue [ ... ]   CONSUMED by icmp_rcv   p50 58.2 µs"
void Routes::append_way(fmt::memory_buffer& out, const Flows::Way& way) {
  Wrapped line = begin_line(out, kIndent);
  line.add(fmt::format("{} {}{}", way.is_reply ? signs_.back : signs_.arrow, way.times.count(), signs_.times));
  auto pieces = way.pieces;
  if (!pieces.empty()) pieces.front().gap = 2;
  append_pieces(line, pieces);
  fmt::memory_buffer time;
  if (way.times.count() > 1) text::append(time, "p50 ");
  append_duration(time, way.times.percentile(50), signs_);
  line.gap(3);
  line.add(time);
  text::append(out, '\n');
}

void Routes::append_flow(fmt::memory_buffer& out, const Flows::Flow& flow) {
  Wrapped head(out, width_, color_);
  head.add_text(flow.name, kHeadColor);
  const auto counted = [](uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
  };
  std::string counts = counted(flow.packets, "packet", "packets");
  if (flow.replies) counts += ", " + counted(flow.replies, "reply", "replies");
  head.add_text(counts);
  text::append(out, '\n');
  for (const bool is_reply : {false, true})
    for (const auto& way : flow.ways)
      if (way.is_reply == is_reply) append_way(out, way);
  if (flow.skipped) fmt::format_to(std::back_inserter(out), "  and {} on other ways\n", flow.skipped);
}

void Routes::append_end(fmt::memory_buffer& out) {
  if (!merges_) return;
  for (const auto& flow : flows_.flows()) append_flow(out, flow);
  if (flows_.skipped())
    fmt::format_to(std::back_inserter(out), "{} packets of further flows, beyond {}\n", flows_.skipped(), Flows::kMost);
}

}  // namespace

std::unique_ptr<Layout> make_route_layout(const LayoutChoice& choice) {
  return std::make_unique<Routes>(choice);
}

}  // namespace skbtrail::output
