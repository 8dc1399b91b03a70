#include "output/trail_schema.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "trail/trail.h"

namespace skbtrail::output {

namespace {

using Json = nlohmann::ordered_json;
using Keys = std::initializer_list<std::pair<const char*, Json>>;

Json number(const char* meaning) {
  return {{"type", "integer"}, {"minimum", 0}, {"description", meaning}};
}
Json text(const char* meaning) {
  return {{"type", "string"}, {"description", meaning}};
}
Json truth(const char* meaning) {
  return {{"type", "boolean"}, {"description", meaning}};
}
Json address(const char* meaning) {
  return {{"type", "string"}, {"pattern", "^0x[0-9a-f]+$"}, {"description", meaning}};
}
Json one_of(std::initializer_list<std::string_view> words, const char* meaning) {
  Json schema = text(meaning);
  for (const auto word : words) schema["enum"].push_back(std::string(word));
  return schema;
}
Json list_of(Json item, const char* meaning) {
  return {{"type", "array"}, {"items", std::move(item)}, {"description", meaning}};
}
Json object(std::initializer_list<const char*> required, Keys keys) {
  Json properties = Json::object();
  for (const auto& [name, schema] : keys) properties[name] = schema;
  return {{"type", "object"},
          {"required", Json(std::vector<std::string>(required.begin(), required.end()))},
          {"properties", properties},
          {"additionalProperties", false}};
}

Json fate(const char* meaning) {
  using trail::Fate;
  Json schema = text(meaning);
  for (int i = 0; i <= static_cast<int>(Fate::not_known); i++)
    schema["enum"].push_back(std::string(trail::fate_name(static_cast<Fate>(i))));
  return schema;
}
Json lineage() {
  using trail::Lineage;
  Json schema = text("how the skb came to be");
  for (int i = 0; i <= static_cast<int>(Lineage::retransmission); i++)
    schema["enum"].push_back(std::string(trail::lineage_name(static_cast<Lineage>(i))));
  return schema;
}

Json the_trail() {
  return object({"id", "time", "total", "fate", "dropped", "complete", "end", "netns"},
                {{"id", number("of this run")},
                 {"time", number("of the first step: time of day (ns)")},
                 {"total", number("from the first step to the fate (ns)")},
                 {"fate", fate("what became of the packet")},
                 {"dropped", truth("that is its fate")},
                 {"complete", truth("nothing is missing from the first step to a fate")},
                 {"end", one_of({"fate", "aged", "evicted", "run ended"}, "why it is printed now")},
                 {"netns", list_of(text("a name"), "network namespaces in the order of the way")},
                 {"lost", number("events that were lost meanwhile, at most")},
                 {"steps_left_out", number("beyond the limit")},
                 {"continues", number("the trail that was printed before, of the same packet")}});
}

Json branch() {
  return object({"skb", "lineage", "fate"},
                {{"skb", address("address")},
                 {"lineage", lineage()},
                 {"parent", number("index of the branch that it was made from")},
                 {"likely", truth("the descent is told by the content alone")},
                 {"fate", fate("what became of this skb")},
                 {"drop_reason", text("of what was freed as dropped")},
                 {"location", text("where it was freed")},
                 {"benign", text("why that is nothing wrong")},
                 {"sk", address("the socket that it was for")},
                 {"pid", number("who read it")},
                 {"comm", text("who read it")},
                 {"cut", text("why it is known that it had ended, though no end was seen")}});
}

Json change() {
  const Json value = {{"type", {"integer", "string"}}, {"minimum", 0}};
  return object(
      {"what"},
      {{"what", one_of({"src", "dst", "ttl", "mark", "vlan", "len", "checksum", "encapsulated", "decapsulated"},
                       "what is different from the step before")},
       {"from", value},
       {"to", value},
       {"tunnel", text("what was put in front, or taken off")},
       {"vni", number("of it")},
       {"src", text("of it")},
       {"dst", text("of it")}});
}

Json step() {
  return object({"time", "mono", "func"}, {{"time", number("time of day (ns)")},
                                           {"mono", number("CLOCK_MONOTONIC (ns)")},
                                           {"branch", number("index; absent: 0")},
                                           {"func", text("the probe")},
                                           {"return", truth("the function returned")},
                                           {"netns", text("network namespace")},
                                           {"ifname", text("device")},
                                           {"cpu", number("CPU")},
                                           {"len", number("of the skb (bytes)")},
                                           {"result", {{"type", "integer"}}},
                                           {"pid", number("of the task that did this itself")},
                                           {"comm", text("of the task that did this itself")},
                                           {"changes", list_of(change(), "of the packet")},
                                           {"late", truth("a later step came before it")}});
}

}  // namespace

Json trail_schema() {
  Json schema = object({"trail", "branches", "steps"}, {{"trail", the_trail()},
                                                        {"packet", text("its headers in one line")},
                                                        {"len", number("of the skb at the first step (bytes)")},
                                                        {"src", text("source address")},
                                                        {"dst", text("destination address")},
                                                        {"sport", number("source port")},
                                                        {"dport", number("destination port")},
                                                        {"branches", list_of(branch(), "the skbs of the packet")},
                                                        {"steps", list_of(step(), "in the order of time")}});
  schema["description"] = "a packet (--trail)";
  return schema;
}

}  // namespace skbtrail::output
