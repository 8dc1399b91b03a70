//   Time of 100 trails (p50: half of them took at most so long; within 3 %)
//     COUNT       P50       P90       P99       MAX    SHARE
//       100   41.0 us   52.2 us   80.1 us   80.1 us             from the first step to the fate
//       100   12.0 us   14.1 us   30.0 us   30.0 us   31 % ###  green veth1 netif_receive_skb > consume_skb
#include "output/latency_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <vector>

#include "output/json_text.h"
#include "output/wrapped.h"
#include "text/append.h"
#include "text/printable.h"
#include "text/utf8.h"

namespace skbtrail::output {

namespace {

using trail::Histogram;
using trail::Latency;

constexpr size_t kCountWidth = 9, kTimeWidth = 10, kBar = 8;
constexpr size_t kHistogramBar = 40;
constexpr std::array<unsigned, 3> kPercents{50, 90, 99};

// At the right end of a column.
void append_right(fmt::memory_buffer& out, const fmt::memory_buffer& piece, size_t width) {
  const size_t columns = text::columns_of({piece.data(), piece.size()});
  pad(out, columns < width ? width - columns : 0);
  out.append(piece);
}

void append_time(fmt::memory_buffer& out, uint64_t ns, const Signs& signs, size_t width = kTimeWidth) {
  fmt::memory_buffer piece;
  append_duration(piece, ns, signs);
  append_right(out, piece, width);
}

void append_times(fmt::memory_buffer& out, const Histogram& times, const Signs& signs) {
  fmt::format_to(std::back_inserter(out), "{:>{}}", times.count(), kCountWidth);
  for (const unsigned percent : kPercents) append_time(out, times.percentile(percent), signs);
  append_time(out, times.max(), signs);
}

// Of all of `whole`, what `part` is, in so many columns, and `least` at least.
void append_bar(fmt::memory_buffer& out, uint64_t part, uint64_t whole, size_t columns, size_t least,
                const Signs& signs) {
  const double share = whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  const auto full =
      std::clamp<size_t>(static_cast<size_t>(std::lround(share * static_cast<double>(columns))), least, columns);
  for (size_t i = 0; i < full; i++) text::append(out, signs.bar);
}

void append_share(fmt::memory_buffer& out, uint64_t part, uint64_t whole, const Signs& signs) {
  const size_t begin = out.size();
  const double percent = whole ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0;
  fmt::format_to(std::back_inserter(out), "{:>5} % ", std::lround(percent));
  append_bar(out, part, whole, kBar, 0, signs);
  text::fill_columns(out, begin, 8 + kBar);
}

void append_stop(fmt::memory_buffer& out, const Latency::Stop& stop, const Latency::Stop* before) {
  const auto word = [&](const std::string& name, const std::string& last) {
    if (name.empty() || (before && name == last)) return;
    text::append_printable(out, name);
    text::append(out, ' ');
  };
  const bool is_elsewhere = before && before->netns != stop.netns;
  word(stop.netns, before ? before->netns : "");
  word(stop.ifname, before && !is_elsewhere ? before->ifname : "");
  text::append_printable(out, stop.probe);
}

void append_hop(fmt::memory_buffer& out, const Latency::HopTimes& hop, const Signs& signs) {
  append_stop(out, hop.from, nullptr);
  text::append(out, ' ');
  text::append(out, signs.arrow);
  text::append(out, ' ');
  append_stop(out, hop.to, &hop.from);
}

// In one line, or two where that is too wide.
void append_row(fmt::memory_buffer& out, const Histogram& times, const fmt::memory_buffer& what, uint64_t all_ns,
                size_t width, const Signs& signs) {
  const bool has_share = all_ns > 0;
  fmt::memory_buffer numbers;
  append_times(numbers, times, signs);
  if (has_share)
    append_share(numbers, times.sum(), all_ns, signs);
  else
    pad(numbers, 8 + kBar);
  const std::string_view name(what.data(), what.size());
  const std::string_view row(numbers.data(), numbers.size());
  const bool is_wide = !width || text::columns_of(row) + 2 + text::columns_of(name) <= width;
  if (!is_wide) {
    text::append(out, "  ");
    text::append(out, name);
    text::append(out, '\n');
  }
  const size_t begin = out.size();
  text::append(out, row);
  if (is_wide) {
    text::append(out, "  ");
    text::append(out, name);
  }
  while (out.size() > begin && out[out.size() - 1] == ' ') out.resize(out.size() - 1);
  text::append(out, '\n');
}

fmt::memory_buffer words(std::string_view text) {
  fmt::memory_buffer buffer;
  buffer.append(text);
  return buffer;
}

void append_json_times(fmt::memory_buffer& out, const Histogram& times) {
  fmt::format_to(std::back_inserter(out), "\"count\":{}", times.count());
  if (!times.count()) return;
  for (const unsigned percent : kPercents)
    fmt::format_to(std::back_inserter(out), ",\"p{}\":{}", percent, times.percentile(percent));
  fmt::format_to(std::back_inserter(out), ",\"max\":{},\"sum\":{}", times.max(), times.sum());
}

void append_json_stop(fmt::memory_buffer& out, std::string_view key, const Latency::Stop& stop) {
  fmt::format_to(std::back_inserter(out), "\"{}\":{{\"func\":", key);
  append_json_text(out, stop.probe);
  const auto member = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
    append_json_text(out, value);
  };
  member("netns", stop.netns);
  member("ifname", stop.ifname);
  text::append(out, '}');
}

std::vector<const Latency::HopTimes*> by_time(const Latency& latency) {
  std::vector<const Latency::HopTimes*> hops;
  for (const auto& hop : latency.hops()) hops.push_back(&hop);
  std::stable_sort(hops.begin(), hops.end(),
                   [](const auto* a, const auto* b) { return a->times.sum() > b->times.sum(); });
  return hops;
}

}  // namespace

void append_latency(fmt::memory_buffer& out, const Latency& latency, size_t width, const Signs& signs) {
  const auto& total = latency.total();
  fmt::format_to(std::back_inserter(out), "Time of {} trail{}, and of their hops by where it went (within 3 %)\n",
                 total.count(), total.count() == 1 ? "" : "s");
  if (!total.count()) return;
  fmt::format_to(std::back_inserter(out), "{:>{}}{:>{}}{:>{}}{:>{}}{:>{}}  SHARE\n", "COUNT", kCountWidth, "P50",
                 kTimeWidth, "P90", kTimeWidth, "P99", kTimeWidth, "MAX", kTimeWidth);
  append_row(out, total, words("the whole way, from the first step to the fate"), 0, width, signs);
  const auto hops = by_time(latency);
  uint64_t all_ns = latency.others().sum();
  for (const auto* hop : hops) all_ns += hop->times.sum();
  for (const auto* hop : hops) {
    fmt::memory_buffer name;
    append_hop(name, *hop, signs);
    append_row(out, hop->times, name, std::max<uint64_t>(all_ns, 1), width, signs);
  }
  if (latency.others().count())
    append_row(out, latency.others(), words(fmt::format("others, beyond {} different hops", Latency::kMostHops)),
               std::max<uint64_t>(all_ns, 1), width, signs);
}

void append_between(fmt::memory_buffer& out, const trail::Between& between, const BetweenChoice& names,
                    const Signs& signs) {
  const auto& times = between.times();
  const std::string from = text::printable(names.from), to = text::printable(names.to);
  fmt::format_to(std::back_inserter(out), "Time from {} to {} of {} packet{}", from, to, times.count(),
                 times.count() == 1 ? "" : "s");
  if (between.without_to())
    fmt::format_to(std::back_inserter(out), "; {} did not come to {}", between.without_to(), to);
  if (between.without_from())
    fmt::format_to(std::back_inserter(out), "; {} came to {} alone", between.without_from(), to);
  text::append(out, '\n');
  if (!times.count()) return;
  size_t first = 0, last = trail::Between::kRows - 1;
  uint64_t most = 0;
  while (!between.row(first)) first++;
  while (!between.row(last)) last--;
  for (size_t row = first; row <= last; row++) most = std::max(most, between.row(row));
  for (size_t row = first; row <= last; row++) {
    append_time(out, trail::Between::begin_of(row), signs, 9);
    text::append(out, row + 1 < trail::Between::kRows ? " to" : " and more");
    if (row + 1 < trail::Between::kRows) append_time(out, trail::Between::begin_of(row + 1), signs, 9);
    fmt::format_to(std::back_inserter(out), "{:>10}  ", between.row(row));
    append_bar(out, between.row(row), most, kHistogramBar, between.row(row) ? 1 : 0, signs);
    while (out[out.size() - 1] == ' ') out.resize(out.size() - 1);
    text::append(out, '\n');
  }
  text::append(out, "  min");
  append_time(out, times.min(), signs, 8);
  for (const unsigned percent : kPercents) {
    fmt::format_to(std::back_inserter(out), "   p{}", percent);
    append_time(out, times.percentile(percent), signs, 8);
  }
  text::append(out, "   max");
  append_time(out, times.max(), signs, 8);
  text::append(out, '\n');
}

void append_json_latency(fmt::memory_buffer& out, const Latency& latency) {
  text::append(out, "{\"latency\":{\"total\":{");
  append_json_times(out, latency.total());
  text::append(out, "},\"hops\":[");
  bool is_first = true;
  for (const auto* hop : by_time(latency)) {
    text::append(out, is_first ? "{" : ",{");
    is_first = false;
    append_json_stop(out, "from", hop->from);
    text::append(out, ',');
    append_json_stop(out, "to", hop->to);
    text::append(out, ',');
    append_json_times(out, hop->times);
    text::append(out, '}');
  }
  text::append(out, ']');
  if (latency.others().count()) {
    text::append(out, ",\"others\":{");
    append_json_times(out, latency.others());
    text::append(out, '}');
  }
  text::append(out, "}}\n");
}

void append_json_between(fmt::memory_buffer& out, const trail::Between& between, const BetweenChoice& names) {
  text::append(out, "{\"between\":{\"from\":");
  append_json_text(out, names.from);
  text::append(out, ",\"to\":");
  append_json_text(out, names.to);
  text::append(out, ',');
  append_json_times(out, between.times());
  fmt::format_to(std::back_inserter(out), ",\"without_to\":{},\"without_from\":{},\"rows\":[", between.without_to(),
                 between.without_from());
  bool is_first = true;
  for (size_t row = 0; row < trail::Between::kRows; row++) {
    if (!between.row(row)) continue;
    fmt::format_to(std::back_inserter(out), "{}{{\"from\":{}", is_first ? "" : ",", trail::Between::begin_of(row));
    if (row + 1 < trail::Between::kRows)
      fmt::format_to(std::back_inserter(out), ",\"below\":{}", trail::Between::begin_of(row + 1));
    fmt::format_to(std::back_inserter(out), ",\"count\":{}}}", between.row(row));
    is_first = false;
  }
  text::append(out, "]}}\n");
}

}  // namespace skbtrail::output
