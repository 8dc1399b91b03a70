#include "output/drop_schema.h"

#include <nlohmann/json.hpp>
#include <string>

#include "event/fields.h"
#include "output/json_advice.h"

namespace skbtrail::output {

namespace {

using Json = nlohmann::ordered_json;

Json number(const char* meaning) {
  return {{"type", "integer"}, {"minimum", 0}, {"description", meaning}};
}
Json text(std::string_view meaning) {
  return {{"type", "string"}, {"description", meaning}};
}
Json texts(std::string_view meaning) {
  return {{"type", "array"}, {"items", {{"type", "string"}}}, {"description", meaning}};
}

// Keys that are fields of the registry.
void add_fields(Json& keys, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto* field = event::find_field(name);
    const std::string meaning(field->meaning);
    keys[name] = event::is_textual(field->type) ? text(meaning) : number(meaning.c_str());
  }
}

Json object(const Json& keys, const Json& required, const char* meaning) {
  return {{"type", "object"},
          {"required", required},
          {"properties", keys},
          {"additionalProperties", false},
          {"description", meaning}};
}

}  // namespace

Json drop_row_schema() {
  Json keys = {{"time", number("time of day of the look, nanoseconds since 1970")},
               {"interval", number("time since the look before (ns)")},
               {"drops", number("packets of this kind that were dropped since the start")},
               {"new", number("those of them that were dropped since the look before")},
               {"bytes", number("skb->len of all of them together")},
               {"others", {{"type", "boolean"}, {"description", "all kinds for which there was no row (--rows)"}}}};
  add_fields(keys, {"drop_reason", "location", "netns", "netns_inum", "ifname", "ifindex", "protocol", "proto",
                    "ip_version", "benign"});
  for (const auto& key : advice_keys())
    keys[std::string(key.name)] = key.is_list ? texts(key.meaning) : text(key.meaning);
  return object(keys, {"time", "interval", "drops", "new", "bytes"}, "drops of one kind, by now (drop --table)");
}

Json counter_schema() {
  Json keys = {{"time", number("time of day of the look, nanoseconds since 1970")},
               {"counter", text("a counter of the kernel that means a loss, or is a sign of one: UdpRcvbufErrors")},
               {"gained", number("since the start")},
               {"new", number("since the look before")},
               {"owner", text("what it is of, beside a device and a namespace: CPU 3, eth0 1:")},
               {"packets",
                {{"type", "string"},
                 {"enum", {"shown", "some", "unseen", "sign"}},
                 {"description", "each, some or none of these is a drop as well; or nothing was dropped here"}}},
               {"meaning", text("what it means, in plain words")},
               {"look", texts("commands to look with")}};
  add_fields(keys, {"netns", "netns_inum", "ifname", "ifindex"});
  return object(keys, {"time", "counter", "gained", "new", "packets", "meaning", "look"},
                "what a counter gained by now (drop --table)");
}

}  // namespace skbtrail::output
