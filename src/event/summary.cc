#include "event/summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "event/loss_names.h"
#include "event/schema_version.h"

namespace skbtrail::event {

namespace {

nlohmann::ordered_json causes_json(const Losses& losses) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (size_t cause = 0; cause < losses.by_cause.size(); cause++)
    json[std::string(loss_key(cause))] = losses.by_cause[cause];
  json[std::string(kSkippedKey)] = losses.skipped;
  return json;
}

nlohmann::ordered_json json_of(const Summary& sum) {
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
                                 {"not_followed", sum.not_followed},
                                 {"followed_no_more", sum.followed_no_more},
                                 {"followed_aged", sum.followed_aged},
                                 {"refused",
                                  {{"other_families", sum.refused.other_families},
                                   {"tagged", sum.refused.tagged},
                                   {"elsewhere", sum.refused.elsewhere},
                                   {"other_owner", sum.refused.other_owner},
                                   {"where", sum.refused.where}}},
                                 {"undecided", sum.undecided},
                                 {"indeterminate", sum.indeterminate},
                                 {"undecidable", sum.indeterminate},  // its name before, for one version
                                 {"gaps", sum.gaps},
                                 {"out_of_order", sum.late},
                                 {"seconds", sum.seconds},
                                 {"probes", sum.probes},
                                 {"skipped", skipped},
                                 {"outputs", outputs}};
  if (sum.trails_cut_short) json["trails_cut_short"] = sum.trails_cut_short;
  if (sum.trails)
    json["trails"] = {{"printed", sum.trails->printed},
                      {"not_chosen", sum.trails->not_chosen},
                      {"evicted", sum.trails->evicted},
                      {"unfinished", sum.trails->unfinished},
                      {"late_events", sum.trails->late}};
  if (sum.drops) json["drops"] = {{"dropped", sum.drops->dropped}, {"false_alarms", sum.drops->false_alarms}};
  return json;
}

// What a terminal would obey, or is not UTF-8, must not get into it with a name.
std::string text_of(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

uint64_t Summary::lost_in_all() const {
  return lost.in_all() + malformed + not_written;
}

void Summary::add_output(Output output) {
  outputs.push_back(std::move(output));
  uint64_t wanted = 0;
  not_written = 0;
  for (const auto& one : outputs) {
    wanted = std::max(wanted, one.events + one.not_written);
    not_written = std::max(not_written, one.not_written);
  }
  events = wanted - not_written;
}

std::string summary_json(const Summary& summary) {
  return text_of(json_of(summary), 2) + "\n";
}

std::string summary_object(const Summary& summary) {
  return text_of(json_of(summary), -1);
}

}  // namespace skbtrail::event
