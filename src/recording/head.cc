#include "recording/head.h"

#include <sys/utsname.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "event/fields.h"
#include "recording/bounded_json.h"
#include "recording/format.h"
#include "recording/limits.h"

namespace skbtrail::recording {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const event::ResultFormat& result) {
  Json names = Json::array();
  for (const auto& [value, name] : result.names) names.push_back({value, name});
  return {{"type", result.type},          {"size", result.size}, {"signed", result.is_signed},
          {"pointer", result.is_pointer}, {"names", names},      {"meaning", event::name_of(result.meaning)}};
}

std::shared_ptr<const event::ResultFormat> result_of(const Json& json) {
  if (!json.contains("returns")) return nullptr;
  const Json& returns = json.at("returns");
  event::ResultFormat result{returns.value("type", ""), returns.value("size", uint8_t{0}),
                             returns.value("signed", false), returns.value("pointer", false)};
  result.meaning = event::meaning_of(returns.value("meaning", "by type"));  // missing before there were meanings
  if (returns.contains("names"))
    for (const auto& name : returns.at("names"))
      result.names.emplace(name.at(0).get<int64_t>(), name.at(1).get<std::string>());
  return std::make_shared<event::ResultFormat>(std::move(result));
}

std::shared_ptr<const event::ResetReasons> reset_reasons_of(const Json& json) {
  if (!json.contains("reset_reasons")) return nullptr;
  event::ResetReasons reasons;
  for (const auto& name : json.at("reset_reasons"))
    reasons.emplace(name.at(0).get<uint32_t>(), name.at(1).get<std::string>());
  return std::make_shared<event::ResetReasons>(std::move(reasons));
}

Json json_of(const RecordedProbe& probe) {
  Json json = {{"name", probe.name}};
  if (probe.result) json["returns"] = json_of(*probe.result);
  if (!probe.group.empty()) json["group"] = probe.group;
  if (probe.reset_reasons) {
    json["reset_reasons"] = Json::array();
    for (const auto& [value, name] : *probe.reset_reasons) json["reset_reasons"].push_back({value, name});
  }
  if (!probe.format) return json;
  if (!probe.format->text.empty()) {
    json["group"] = probe.format->group;
    json["format"] = probe.format->text;
    return json;
  }
  Json arguments = Json::array();
  for (const auto& field : probe.format->fields)
    arguments.push_back(
        {{"name", field.name}, {"type", field.type}, {"size", field.size}, {"signed", field.is_signed}});
  json["arguments"] = arguments;
  return json;
}

std::shared_ptr<const event::EventFormat> format_of(const std::string& name, const Json& json) {
  if (json.contains("format"))
    return std::make_shared<event::EventFormat>(
        event::EventFormat::parse(json.value("group", ""), json.at("format").get<std::string>()));
  if (!json.contains("arguments")) return nullptr;
  std::vector<event::RawArgument> arguments;
  for (const auto& argument : json.at("arguments"))
    arguments.push_back({argument.at("name").get<std::string>(), argument.value("type", ""),
                         argument.value("size", uint32_t{8}), argument.value("signed", false)});
  return std::make_shared<event::EventFormat>(event::EventFormat::of_arguments(name, arguments));
}

Json registry() {
  Json all = Json::array();
  for (const auto& field : event::fields())
    if (field.known == event::Known::with_event)  // trails are made of what is recorded
      all.push_back({{"name", field.name},
                     {"type", event::type_name(field.type)},
                     {"unit", field.unit},
                     {"meaning", field.meaning}});
  return all;
}

Json json_of(const std::vector<RecordedSection>& sections) {
  Json all = Json::array();
  for (const auto& section : sections) {
    all.push_back({{"name", section.name}, {"bit", section.bit}, {"size", section.size}});
    if (section.counted) all.back()["counted"] = true;
  }
  return all;
}

std::vector<RecordedSection> sections_of(const Json& json) {
  if (!json.contains("sections")) return sections_before_lists();
  std::vector<RecordedSection> sections;
  for (const auto& section : json.at("sections"))
    sections.push_back({section.at("name").get<std::string>(), section.at("bit").get<uint8_t>(),
                        section.at("size").get<uint16_t>(), section.value("counted", false)});
  check(sections);
  return sections;
}

}  // namespace

std::string RecordedProbe::description() const {
  return json_of(*this).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Head Head::of_this_host() {
  utsname system{};
  uname(&system);
  Head head;
  head.kernel = system.release;
  head.machine = system.machine;
  head.host = system.nodename;
  return head;
}

std::string Head::json() const {
  Json all = Json::array();
  for (const auto& probe : probes) all.push_back(json_of(probe));
  Json json = {{"schema", kVersion},
               {"program", program},
               {"kernel", kernel},
               {"machine", machine},
               {"host", host},
               {"command", command},
               {"clock_offset", clock_offset},
               {"marked", true},
               {"sections", json_of(sections)},
               {"probes", all},
               {"drop_reasons", drop_reasons},
               {"fields", registry()}};
  if (!selected_by.empty()) json["selected_by"] = selected_by;
  if (pid) json["pid"] = *pid;
  if (comm) json["comm"] = *comm;
  // What a command line holds need not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Head Head::parse(std::string_view text) {
  Head head;
  try {
    const Json json = parse_json(text);
    head.program = json.value("program", "");
    head.kernel = json.value("kernel", "");
    head.machine = json.value("machine", "");
    head.host = json.value("host", "");
    head.clock_offset = json.value("clock_offset", int64_t{0});
    head.marks_original = json.value("marked", false);
    head.command = json.value("command", std::vector<std::string>{});
    head.selected_by = json.value("selected_by", std::vector<std::vector<std::string>>{});
    if (json.contains("pid")) head.pid = json.at("pid").get<uint32_t>();
    if (json.contains("comm")) head.comm = json.at("comm").get<std::string>();
    head.drop_reasons = json.value("drop_reasons", std::vector<std::string>{});
    head.sections = sections_of(json);
    for (const auto& probe : json.at("probes")) {
      const auto name = probe.at("name").get<std::string>();
      if (name.size() > kMostName) throw std::invalid_argument("a probe's name of more than 4096 bytes");
      auto format = format_of(name, probe);
      std::string group = format && !format->group.empty() ? format->group : probe.value("group", "");
      if (group.size() > kMostName) throw std::invalid_argument("a group's name of more than 4096 bytes");
      head.probes.push_back({name, std::move(format), result_of(probe), std::move(group), reset_reasons_of(probe)});
    }
  } catch (const Json::exception& error) {
    throw std::invalid_argument(error.what());
  }
  return head;
}

}  // namespace skbtrail::recording
