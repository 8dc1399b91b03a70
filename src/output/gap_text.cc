#include "output/gap_text.h"

#include <algorithm>
#include <iterator>

#include "event/loss_names.h"
#include "output/colors.h"
#include "output/layout.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

void append_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names, bool color) {
  auto to = std::back_inserter(out);
  if (color) out.append(kDoubtColor);
  text::append(out, "*** lost");
  if (gap.cpu != event::Gap::kAnyCpu) fmt::format_to(to, " on CPU {}", gap.cpu);
  if (gap.probe != event::Gap::kNoProbe) {
    text::append(out, " at ");
    text::append_printable(out, names.probe(gap.probe));
  } else if (gap.functions) {
    fmt::format_to(to, " at {} functions", gap.functions);
  }
  if (gap.after_ns && gap.before_ns)
    fmt::format_to(to, " within {:.6f} s",
                   static_cast<double>(gap.before_ns - std::min(gap.after_ns, gap.before_ns)) / 1e9);
  const char* separator = ":";
  const auto append = [&](uint64_t count, std::string_view cause, bool at_most) {
    if (!count) return;
    fmt::format_to(to, "{} {}{} ({})", separator, at_most ? "up to " : "", count, cause);
    separator = ",";
  };
  for (size_t cause = 0; cause < gap.lost.size(); cause++)
    append(gap.lost[cause], event::loss_name(cause), gap.may_have_matched || cause == REC_LOSS_UNFILTERED);
  append(gap.skipped, event::kSkippedName, gap.may_have_matched);
  text::append(out, " ***");
  if (color) out.append(kNoColor);
  out.push_back('\n');
}

}  // namespace skbtrail::output
