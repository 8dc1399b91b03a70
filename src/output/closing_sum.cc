#include "output/closing_sum.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "bpf/config.h"
#include "output/layout.h"
#include "output/schema.h"

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
  for (size_t cause = 0; cause < losses.by_cause.size(); cause++) add(losses.by_cause[cause], loss_name(cause));
  add(losses.skipped, kSkippedName);
  add(malformed, "not understood");
  add(not_written, "not written");
}

// What is not shown of events that are there, and what nobody can put in numbers.
void append_unknown(std::string& text, const ClosingSum& sum) {
  if (sum.without_stack) text += fmt::format("; {} without the stack", counted(sum.without_stack, "event"));
  if (sum.without_args)
    text += fmt::format("; {} without what the tracepoint handed out", counted(sum.without_args, "event"));
  if (sum.lists_cut)
    text += fmt::format("; {} of more than {} packets, the rest of which was not looked at",
                        counted(sum.lists_cut, "list"), SKBTRAIL_LISTED_MAX);
  if (sum.tasks_left_out)
    text += fmt::format("; {} of the command not traced, the table being full", counted(sum.tasks_left_out, "task"));
  if (!sum.skipped_are_counted) text += "; hits that a kprobe misses are not counted before Linux 6.7";
}

nlohmann::ordered_json causes_json(const event::Losses& losses) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (size_t cause = 0; cause < losses.by_cause.size(); cause++)
    json[std::string(loss_key(cause))] = losses.by_cause[cause];
  json[std::string(kSkippedKey)] = losses.skipped;
  return json;
}

}  // namespace

uint64_t ClosingSum::lost_in_all() const {
  return lost.in_all() + malformed + not_written;
}

void ClosingSum::add_output(Output output) {
  outputs.push_back(std::move(output));
  uint64_t wanted = 0;
  not_written = 0;
  for (const auto& one : outputs) {
    wanted = std::max(wanted, one.events + one.not_written);
    not_written = std::max(not_written, one.not_written);
  }
  events = wanted - not_written;
}

std::string sum_line(const ClosingSum& sum) {
  std::string text = counted(sum.events, "event");
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
  if (sum.withheld) text += fmt::format("; {} withheld by --rate", sum.withheld);
  append_unknown(text, sum);
  if (sum.not_written && sum.outputs.size() > 1)
    for (const auto& output : sum.outputs) text += fmt::format("; {} in {}", output.events, output.name);
  if (sum.undecided)
    text += fmt::format("; {} undecided (not linear: the filter asks for bytes in fragments that could not be read)",
                        sum.undecided);
  if (sum.undecidable)
    text += fmt::format("; {} undecidable and not shown (the filter asks for what was not recorded)", sum.undecidable);
  if (sum.late) text += fmt::format("; {} out of order", sum.late);
  if (!sum.skipped.empty()) text += fmt::format("; {} skipped", counted(sum.skipped.size(), "probe"));
  return text;
}

std::string nothing_line(const ClosingSum& sum) {
  if (sum.events || sum.withheld) return "";
  std::string text;
  const auto add = [&](uint64_t number, std::string_view one, std::string_view refused) {
    if (number)
      text +=
          fmt::format("{}{} {}", text.empty() ? "nothing is shown, but seen: " : "; ", counted(number, one), refused);
  };
  add(sum.refused.tagged, "hit",
      "of packets with a VLAN tag, behind which the expression looks only as 'vlan and (...)'");
  add(sum.refused.elsewhere, "hit", "of packets that the filter takes, in another namespace or at another device");
  add(sum.refused.other_owner, "hit", "of packets that the filter takes, of other processes");
  add(sum.refused.where, "event", "for which --where does not hold");
  return text;
}

std::string sum_json(const ClosingSum& sum) {
  nlohmann::ordered_json lost = causes_json(sum.lost);
  lost.erase(std::string(loss_key(REC_LOSS_UNFILTERED)));  // never known to be missing
  lost["malformed"] = sum.malformed;
  lost["not_written"] = sum.not_written;
  nlohmann::ordered_json outputs = nlohmann::ordered_json::array();
  for (const auto& output : sum.outputs)
    outputs.push_back({{"name", output.name}, {"events", output.events}, {"not_written", output.not_written}});
  nlohmann::ordered_json skipped = nlohmann::ordered_json::array();
  for (const auto& probe : sum.skipped) skipped.push_back({{"probe", probe.name}, {"reason", probe.reason}});
  nlohmann::ordered_json json = {{"schema", kSchemaVersion},
                                 {"events", sum.events},
                                 {"withheld", sum.withheld},
                                 {"recorded", sum.recorded},
                                 {"lost_in_all", sum.lost_in_all()},
                                 {"lost", lost},
                                 {"may_have_matched_in_all", sum.may_have_matched.in_all()},
                                 {"may_have_matched", causes_json(sum.may_have_matched)},
                                 {"kernel_skipped_counted", sum.skipped_are_counted},
                                 {"without_stack", sum.without_stack},
                                 {"without_args", sum.without_args},
                                 {"lists_cut", sum.lists_cut},
                                 {"tasks_left_out", sum.tasks_left_out},
                                 {"refused",
                                  {{"other_families", sum.refused.other_families},
                                   {"tagged", sum.refused.tagged},
                                   {"elsewhere", sum.refused.elsewhere},
                                   {"other_owner", sum.refused.other_owner},
                                   {"where", sum.refused.where}}},
                                 {"undecided", sum.undecided},
                                 {"undecidable", sum.undecidable},
                                 {"gaps", sum.gaps},
                                 {"out_of_order", sum.late},
                                 {"seconds", sum.seconds},
                                 {"probes", sum.probes},
                                 {"skipped", skipped},
                                 {"outputs", outputs}};
  // What a terminal would obey, or is not UTF-8, must not get into it with a name.
  return json.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace skbtrail::output
