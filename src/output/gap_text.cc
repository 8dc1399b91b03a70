#include "output/gap_text.h"

#include <algorithm>
#include <iterator>

#include "output/layout.h"

namespace skbtrail::output {

namespace {

constexpr std::string_view kGapColor = "\033[1;33m";
constexpr std::string_view kNoColor = "\033[0m";

}  // namespace

void append_gap(fmt::memory_buffer& out, const stream::Gap& gap, bool color) {
  auto to = std::back_inserter(out);
  if (color) out.append(kGapColor);
  fmt::format_to(to, "*** lost on CPU {}", gap.cpu);
  if (gap.after_ns && gap.before_ns)
    fmt::format_to(to, " within {:.6f} s",
                   static_cast<double>(gap.before_ns - std::min(gap.after_ns, gap.before_ns)) / 1e9);
  const char* separator = ":";
  for (size_t cause = 0; cause < gap.lost.size(); cause++) {
    if (!gap.lost[cause]) continue;
    fmt::format_to(to, "{} {} ({})", separator, gap.lost[cause], loss_name(cause));
    separator = ",";
  }
  out.append(std::string_view(" ***"));
  if (color) out.append(kNoColor);
  out.push_back('\n');
}

}  // namespace skbtrail::output
