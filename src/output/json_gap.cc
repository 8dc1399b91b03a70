#include "output/json_gap.h"

#include <iterator>

#include "event/loss_names.h"
#include "output/json_text.h"
#include "text/append.h"

namespace skbtrail::output {

void append_json_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) {
  auto to = std::back_inserter(out);
  text::append(out, "{\"gap\":");
  const size_t start = out.size();
  if (gap.cpu != event::Gap::kAnyCpu) fmt::format_to(to, ",\"cpu\":{}", gap.cpu);
  if (gap.probe != event::Gap::kNoProbe) {
    text::append(out, ",\"func\":");
    append_json_text(out, names.probe(gap.probe));
  }
  if (gap.functions) fmt::format_to(to, ",\"functions\":{}", gap.functions);
  if (gap.after_ns) fmt::format_to(to, ",\"after\":{}", names.time_of_day_ns(gap.after_ns));
  if (gap.before_ns) fmt::format_to(to, ",\"before\":{}", names.time_of_day_ns(gap.before_ns));
  for (size_t cause = 0; cause < gap.lost.size(); cause++)
    if (gap.lost[cause]) fmt::format_to(to, ",\"{}\":{}", event::loss_key(cause), gap.lost[cause]);
  if (gap.skipped) fmt::format_to(to, ",\"{}\":{}", event::kSkippedKey, gap.skipped);
  if (gap.may_have_matched) text::append(out, ",\"may_have_matched\":true");
  out[start] = '{';  // instead of the first comma
  text::append(out, "}}\n");
}

void append_json_notice(fmt::memory_buffer& out, const event::Notice& notice) {
  const bool warns = notice.level == event::Notice::Level::warning;
  text::append(out,
               warns ? "{\"notice\":{\"level\":\"warning\",\"text\":" : "{\"notice\":{\"level\":\"note\",\"text\":");
  append_json_text(out, notice.text);
  text::append(out, "}}\n");
}

void append_json_summary(fmt::memory_buffer& out, const event::Summary& summary) {
  text::append(out, "{\"summary\":");
  text::append(out, event::summary_object(summary));
  text::append(out, "}\n");
}

}  // namespace skbtrail::output
