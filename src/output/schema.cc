#include "output/schema.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "event/fields.h"
#include "event/loss_names.h"
#include "event/schema_version.h"
#include "event/trail_fields.h"
#include "output/drop_schema.h"
#include "output/json_advice.h"
#include "output/trail_schema.h"

namespace skbtrail::output {

namespace {

using Json = nlohmann::ordered_json;

Json type_schema(const event::Field& field) {
  switch (field.type) {
    case event::Type::time:
    case event::Type::number:
    case event::Type::hex: return {{"type", "integer"}, {"minimum", 0}};
    case event::Type::integer: return {{"type", "integer"}};
    case event::Type::address: return {{"type", "string"}, {"pattern", "^0x[0-9a-f]+$"}};
    case event::Type::boolean: return {{"type", "boolean"}};
    case event::Type::lines:
    case event::Type::list: return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case event::Type::object: return {{"type", "object"}};
    case event::Type::text: break;
  }
  return {{"type", "string"}};
}

Json described(const event::Field& field) {
  Json key = type_schema(field);
  key["description"] =
      field.unit.empty() ? std::string(field.meaning) : fmt::format("{} ({})", field.meaning, field.unit);
  return key;
}

Json count() {
  return {{"type", "integer"}, {"minimum", 1}};
}

Json event_schema() {
  Json keys = Json::object(), of_trail = Json::object();
  for (const auto& field : event::fields()) {
    const bool is_of_trail = field.name.starts_with(event::kTrailPrefix);
    const auto name = is_of_trail ? field.name.substr(event::kTrailPrefix.size()) : field.name;
    (is_of_trail ? of_trail : keys)[std::string(name)] = described(field);
  }
  for (const auto& key : advice_keys()) {
    Json text = {{"type", "string"}};
    Json described = key.is_list ? Json{{"type", "array"}, {"items", text}} : text;
    described["description"] = key.meaning;
    keys[std::string(key.name)] = described;
  }
  keys["trail"] = {{"type", "object"},
                   {"properties", of_trail},
                   {"additionalProperties", false},
                   {"description", "what is known of the packet's trail: the fields trail.* that were asked for"}};
  return {{"type", "object"}, {"properties", keys}, {"additionalProperties", false}};
}

// `where`: the key that says where it was.
Json gap_schema(const char* where, Json where_schema, const char* meaning) {
  Json keys = {{where, std::move(where_schema)}, {"after", count()}, {"before", count()}};
  for (size_t cause = 0; cause < REC_LOSS_CAUSES; cause++) keys[std::string(event::loss_key(cause))] = count();
  keys[std::string(event::loss_key(REC_LOSS_UNFILTERED))]["description"] =
      "not all conditions had been evaluated: at most so many were asked for";
  keys[std::string(event::kSkippedKey)] = count();
  keys["may_have_matched"] = {{"type", "boolean"},
                              {"description", "conditions had not been evaluated: at most so many were asked for"}};
  Json gap = {{"type", "object"},
              {"required", {where}},
              {"properties", keys},
              {"additionalProperties", false},
              {"description", meaning}};
  return {{"type", "object"}, {"required", {"gap"}}, {"properties", {{"gap", gap}}}, {"additionalProperties", false}};
}

Json gap_on_cpu() {
  return gap_schema("cpu", {{"type", "integer"}, {"minimum", 0}},
                    "events lost on one CPU between the times `after` and `before`, by cause");
}
Json gap_at_probe() {
  return gap_schema("func", {{"type", "string"}},
                    "hits of this probe that the kernel skipped between the times `after` and `before`");
}
Json gap_at_functions() {
  return gap_schema("functions", count(),
                    "the same of so many functions that share programs: at one or several of them");
}

// With --notices alone.
Json notice_schema() {
  Json notice = {{"type", "object"},
                 {"required", {"level", "text"}},
                 {"properties",
                  {{"level", {{"type", "string"}, {"enum", {"note", "warning"}}}},
                   {"text", {{"type", "string"}, {"description", "a sentence for a person; its words may change"}}}}},
                 {"additionalProperties", false},
                 {"description", "what standard error has as well (--notices)"}};
  return {{"type", "object"},
          {"required", {"notice"}},
          {"properties", {{"notice", notice}}},
          {"additionalProperties", false}};
}
Json summary_schema() {
  Json summary = {{"type", "object"},
                  {"required", {"schema", "events", "lost_in_all"}},
                  {"description", "the last line (--notices): as --summary, but for what could not be written"}};
  return {{"type", "object"},
          {"required", {"summary"}},
          {"properties", {{"summary", summary}}},
          {"additionalProperties", false}};
}

}  // namespace

std::string json_schema() {
  Json schema = {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "skbtrail event"},
      {"version", event::kSchemaVersion},
      {"oneOf",
       {event_schema(), gap_on_cpu(), gap_at_probe(), gap_at_functions(), notice_schema(), summary_schema(),
        trail_schema(), latency_schema(), between_schema(), diagnoses_schema(), drop_row_schema(), counter_schema()}}};
  return schema.dump(2) + "\n";
}

std::string field_table() {
  std::string text = fmt::format("{:<17} {:<8} {:<6} {}\n", "FIELD", "TYPE", "UNIT", "MEANING");
  for (const auto& field : event::fields())
    text += fmt::format("{:<17} {:<8} {:<6} {}{}\n", field.name, event::type_name(field.type), field.unit,
                        field.meaning, field.meta ? " (--meta)" : "");
  return text;
}

}  // namespace skbtrail::output
