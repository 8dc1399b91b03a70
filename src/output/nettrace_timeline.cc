// The layout of `as nettrace --timeline`: the lines of a packet below one another (nettrace.h), with those of its
// clones, when its skbs are freed:
//
//   <------------------- skb: ffff88858f243100 ---------------------->
//   456901.372837: [ffff8887b6260200][2:eth1][pid:0,swapper/3       ][link-in     ][napi_gro_receive        ]: ICMP:
//   ... 456901.372921: [ffff8887b6260200][2:eth1][pid:897081,nettrace   ][life        ][skb_clone               ]:
//   ICMP: ...
//                   return value:ffff88858f242900
//   456901.372930: [ffff88858f242900][2:eth1][pid:897081,nettrace   ][netfilter   ][nf_hook_slow            ]: ICMP:
//   ...
//
// What a function returned is below the line of its call. Source addresses of a block are as wide as the widest
// of them. Between blocks is an empty line. What the original does not say is between ***: that lines are missing,
// and that a block is printed though no free was seen.
#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "output/nettrace.h"
#include "output/text_trail_layout.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

using trail::Step;
using trail::Trail;

constexpr uint64_t kLateFree = 1'000'000'000;  // ns: how long a block waits for a free after its fate

trail::Limits limits() {
  trail::Limits limits;
  limits.free_ns = kLateFree;
  limits.keeps_texts = true;
  return limits;
}

// What is between the marks of a line; empty: it has none.
std::string_view marked(std::string_view line) {
  const size_t begin = line.find(NettraceLayout::kMark);
  if (begin == std::string_view::npos) return {};
  const size_t end = line.find(NettraceLayout::kMark, begin + 1);
  return end == std::string_view::npos ? std::string_view() : line.substr(begin + 1, end - begin - 1);
}

// For each step the one that is its return, or `steps` where there is none, or it is one.
std::vector<size_t> find_returns(const Trail& trail) {
  const auto& steps = trail.steps;
  std::vector<size_t> returns(steps.size(), steps.size());
  for (size_t i = 0; i < steps.size(); i++) {
    if (!steps[i].is_return) continue;
    for (size_t call = i; call-- > 0;) {
      const Step& step = steps[call];
      if (step.is_return || step.probe != steps[i].probe || step.branch != steps[i].branch) continue;
      if (returns[call] != steps.size()) continue;
      returns[call] = i;
      break;
    }
  }
  return returns;
}

// Why it is printed, where that is not that its skbs were freed; null: it is.
const char* why_early(const Trail& trail) {
  if (trail.end == trail::End::evicted) return "printed early: too many packets under way";
  if (trail.end == trail::End::run_ended) return "not freed yet when the run ended";
  if (trail.end == trail::End::aged) return "nothing more was seen of it";
  return trail.is_over() && !trail.was_cut() ? nullptr : "its free was not seen";
}

class NettraceTimeline final : public TextTrailLayout {
 public:
  explicit NettraceTimeline(const LayoutChoice& choice)
      : TextTrailLayout(choice, limits()), line_(choice, NettraceLayout::Use::in_block) {}

  void header(fmt::memory_buffer& out, bool terminal) override { line_.header(out, terminal); }

 private:
  void keep(std::string& texts, const event::Event& event) override {
    kept_.clear();
    line_.event(kept_, event);
    texts.append(kept_.data(), kept_.size());
  }

  void append(fmt::memory_buffer& out, const Trail& trail) override {
    if (is_begun_) out.push_back('\n');
    is_begun_ = true;
    fmt::format_to(std::back_inserter(out), "<------------------- skb: {:x} ---------------------->\n",
                   trail.branches.empty() ? 0 : trail.branches.front().skb);
    append_steps(out, trail);
    if (trail.steps_left_out) remark(out, fmt::format("{} more lines skipped", trail.steps_left_out));
    if (const char* why = why_early(trail)) remark(out, why);
  }

  static void append_steps(fmt::memory_buffer& out, const Trail& trail) {
    size_t width = 0;
    for (size_t i = 0; i < trail.steps.size(); i++) width = std::max(width, text::columns_of(marked(trail.text(i))));
    const auto returns = find_returns(trail);
    std::vector<bool> is_below(trail.steps.size());
    auto hole = trail.holes.begin();
    const auto append_holes = [&](uint64_t until_ns) {
      for (; hole != trail.holes.end() && hole->time_ns <= until_ns; ++hole)
        remark(out, fmt::format("up to {} events were lost here", hole->lost));
    };
    for (size_t i = 0; i < trail.steps.size(); i++) {
      append_holes(trail.steps[i].time_ns);
      if (is_below[i]) continue;
      append_text(out, trail.text(i), width);
      if (returns[i] == trail.steps.size()) continue;
      is_below[returns[i]] = true;
      const auto text = trail.text(returns[i]);
      text::append(out, text.substr(std::min(text.find('\n'), text.size() - 1) + 1));
    }
    append_holes(UINT64_MAX);
  }

  static void append_text(fmt::memory_buffer& out, std::string_view text, size_t width) {
    const auto source = marked(text);
    if (source.empty()) return text::append(out, text);
    const auto at = static_cast<size_t>(source.data() - text.data());
    text::append(out, text.substr(0, at - 1));
    const size_t begin = out.size();
    text::append(out, source);
    text::fill_columns(out, begin, width);
    text::append(out, text.substr(at + source.size() + 1));
  }

  static void remark(fmt::memory_buffer& out, std::string_view text) {
    text::append(out, "*** ");
    text::append(out, text);
    text::append(out, " ***\n");
  }

  NettraceLayout line_;
  fmt::memory_buffer kept_;
  bool is_begun_ = false;
};

}  // namespace

std::unique_ptr<Layout> make_nettrace_timeline(const LayoutChoice& choice) {
  return std::make_unique<NettraceTimeline>(choice);
}

}  // namespace skbtrail::output
