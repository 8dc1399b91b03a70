#include "output/summary.h"

#include <fmt/format.h>

#include "bpf/config.h"
#include "event/loss_names.h"

namespace skbtrail::output {

namespace {

std::string counted(uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// ": 5 ring full, 3 skipped by the kernel, ..."
void append_causes(std::string& text, const event::Losses& losses, uint64_t malformed = 0, uint64_t not_written = 0) {
  const char* separator = ": ";
  const auto add = [&](uint64_t number, std::string_view cause) {
    if (!number) return;
    text += fmt::format("{}{} {}", separator, number, cause);
    separator = ", ";
  };
  for (size_t cause = 0; cause < losses.by_cause.size(); cause++) add(losses.by_cause[cause], event::loss_name(cause));
  add(losses.skipped, event::kSkippedName);
  add(malformed, "not understood");
  add(not_written, "not written");
}

// What is not shown of events that are there, and what cannot be put in numbers.
void append_unknown(std::string& text, const event::Summary& sum) {
  if (sum.without_stack) text += fmt::format("; {} without the stack", counted(sum.without_stack, "event"));
  if (sum.without_args)
    text += fmt::format("; {} without what the tracepoint handed out", counted(sum.without_args, "event"));
  if (sum.lists_cut)
    text += fmt::format("; {} of more than {} packets, the rest of which was not looked at",
                        counted(sum.lists_cut, "list"), SKBTRAIL_LISTED_MAX);
  if (sum.not_followed)
    text += fmt::format("; {} not followed, the table being full", counted(sum.not_followed, "packet"));
  if (sum.tasks_left_out)
    text += fmt::format("; {} of the command not traced, the table being full", counted(sum.tasks_left_out, "task"));
  if (!sum.skipped_are_counted) text += "; hits that a kprobe misses are not counted before Linux 6.7";
}

void append_trails(std::string& text, const event::TrailCounts& trails) {
  if (trails.not_chosen) text += fmt::format("; {} not chosen", counted(trails.not_chosen, "trail"));
  if (trails.unfinished) text += fmt::format("; {} whose end was not seen", counted(trails.unfinished, "trail"));
  if (trails.evicted) text += fmt::format("; {} cut short, too many being under way", counted(trails.evicted, "trail"));
  if (trails.late) text += fmt::format("; {} of trails that had been printed", counted(trails.late, "event"));
}

}  // namespace

std::string summary_line(const event::Summary& sum) {
  std::string text;
  if (sum.trails) text = fmt::format("{}, ", counted(sum.trails->printed, "trail"));
  text += sum.drops ? counted(sum.drops->dropped, "drop") : counted(sum.events, "event");
  if (sum.drops && sum.drops->false_alarms)
    text += fmt::format(", {}", counted(sum.drops->false_alarms, "false alarm"));
  if (sum.lost_in_all() == 0) {
    text += ", none lost";
  } else {
    text += fmt::format(", {} lost", sum.lost_in_all());
    append_causes(text, sum.lost, sum.malformed, sum.not_written);
  }
  if (const uint64_t most = sum.may_have_matched.in_all()) {
    text += fmt::format("; up to {} that may have matched", most);
    append_causes(text, sum.may_have_matched);
  }
  if (sum.drops && sum.refused.where) text += fmt::format("; {} not chosen", counted(sum.refused.where, "other"));
  if (sum.withheld) text += fmt::format("; {} withheld by --rate", sum.withheld);
  append_unknown(text, sum);
  if (sum.trails) append_trails(text, *sum.trails);
  if (sum.trails_cut_short)
    text += fmt::format("; {} cut short, too many events being held", counted(sum.trails_cut_short, "trail"));
  if (sum.not_written && sum.outputs.size() > 1)
    for (const auto& output : sum.outputs) text += fmt::format("; {} in {}", output.events, output.name);
  if (sum.undecided)
    text += fmt::format(
        "; {} undecided (the filter asks for bytes in fragments that could not be read, or for a direction that is not "
        "known)",
        sum.undecided);
  if (sum.indeterminate)
    text += fmt::format("; {} indeterminate and not shown (the filter asks for what was not recorded, or is not known)",
                        sum.indeterminate);
  if (sum.late) text += fmt::format("; {} out of order", sum.late);
  if (!sum.skipped.empty()) text += fmt::format("; {} skipped", counted(sum.skipped.size(), "probe"));
  return text;
}

std::string nothing_line(const event::Summary& sum) {
  if (sum.events || sum.withheld) return "";
  std::string text;
  const auto add = [&](uint64_t number, std::string_view one, std::string_view refused) {
    if (number)
      text +=
          fmt::format("{}{} {}", text.empty() ? "nothing is shown, but seen: " : "; ", counted(number, one), refused);
  };
  add(sum.refused.tagged, "hit",
      "of packets with a VLAN tag, after which the expression looks only as 'vlan and (...)'");
  add(sum.refused.elsewhere, "hit", "of packets that the filter takes, in another namespace or at another device");
  add(sum.refused.other_owner, "hit", "of packets that the filter takes, of other processes");
  if (sum.drops)
    add(sum.refused.where, "drop", "that --reason, --not-reason or --where does not choose");
  else
    add(sum.refused.where, "event", "for which --where does not hold");
  return text;
}

}  // namespace skbtrail::output
