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
Json boolean(const char* meaning) {
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

Json end_of_way(const char* meaning) {
  Json process = object({"pid", "comm"}, {{"pid", number("its number")}, {"comm", text("its name")}});
  process["description"] = meaning;
  return process;
}

Json gap() {
  return object({"lost"}, {{"mono", number("before this time since boot (ns); absent: after all steps")},
                           {"lost", number("events, at most")}});
}

Json the_trail() {
  return object({"id", "time", "total", "fate", "dropped", "complete", "end", "netns", "ifname", "steps", "skbs"},
                {{"id", number("of this run")},
                 {"time", number("of the first step: time of day (ns)")},
                 {"total", number("from the first step to the fate (ns)")},
                 {"fate", fate("what became of the packet")},
                 {"dropped", boolean("that is its fate")},
                 {"drop_reason", text("why, by the kernel's name")},
                 {"complete", boolean("nothing is missing from the first step to a fate")},
                 {"end", one_of({"fate", "aged", "evicted", "run ended"}, "why it is printed now")},
                 {"netns", list_of(text("a name"), "network namespaces in the order of the way")},
                 {"sender", end_of_way("who sent it, or used its socket before")},
                 {"receiver", end_of_way("who read it, or used its socket before")},
                 {"ifname", list_of(text("a name"), "devices in the order of the way")},
                 {"steps", number("with those that were not kept")},
                 {"skbs", number("one, and those that descend from it")},
                 {"lost", number("events that were lost meanwhile, at most")},
                 {"gaps", list_of(gap(), "where they were lost")},
                 {"steps_left_out", number("beyond the limit")},
                 {"continues", number("the trail that was printed before, of the same packet")}});
}

Json branch() {
  return object({"skb", "lineage", "fate"},
                {{"skb", address("address")},
                 {"lineage", lineage()},
                 {"parent", number("index of the branch that it was made from")},
                 {"likely", boolean("the descent is told by the content alone")},
                 {"fate", fate("what became of this skb")},
                 {"into", number("index of the branch that it is part of now")},
                 {"into_trail", number("id of the trail whose packet it is part of now")},
                 {"drop_reason", text("of what was freed as dropped")},
                 {"dropped_by", text("whose rules decided that: iptables, table and chain, ...")},
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
       {"nat", boolean("so the packet's connection is translated")},
       {"tunnel", text("what was put in front, or taken off")},
       {"vni", number("of it")},
       {"src", text("of it")},
       {"dst", text("of it")}});
}

Json process() {
  return object({"pid", "comm"}, {{"pid", number("its number")},
                                  {"comm", text("its name")},
                                  {"container", text("id of the container that it runs in")},
                                  {"pod", text("UID of its pod in Kubernetes")},
                                  {"unit", text("its systemd unit")},
                                  {"cgroup", text("path of its control group")}});
}

Json step() {
  return object({"time", "mono", "func"}, {{"time", number("time of day (ns)")},
                                           {"mono", number("CLOCK_MONOTONIC (ns)")},
                                           {"branch", number("index; absent: 0")},
                                           {"func", text("the probe")},
                                           {"return", boolean("the function returned")},
                                           {"decision", text("what rules or a BPF program decided, in words")},
                                           {"decided_by", text("whose rules: iptables, ...; xdp, tc")},
                                           {"program", text("the BPF program")},
                                           {"table", text("table of the rules")},
                                           {"chain", text("chain where the rules begin")},
                                           {"hook", text("hook of netfilter")},
                                           {"verdict", text("what was decided: DROP, ACCEPT, ..., XDP_DROP")},
                                           {"rule", number("handle, or place in its chain, of a traced rule")},
                                           {"rule_type", text("rule, return, policy")},
                                           {"rule_text", text("the rule as nft writes it")},
                                           {"route", text("what a routing table answered, in words")},
                                           {"route_table", text("its name, or number")},
                                           {"route_type", text("of the route: unicast, local, ...")},
                                           {"route_error", text("why there is none")},
                                           {"neigh", text("what became of a neighbor, in words")},
                                           {"neigh_state", text("its state")},
                                           {"nat", text("what its connection's addresses become, in words")},
                                           {"netns", text("network namespace")},
                                           {"ifname", text("device")},
                                           {"cpu", number("CPU")},
                                           {"len", number("of the skb (bytes)")},
                                           {"result", {{"type", "integer"}}},
                                           {"pid", number("of the task that did this itself")},
                                           {"comm", text("of the task that did this itself")},
                                           {"changes", list_of(change(), "of the packet")},
                                           {"late", boolean("a later step came before it")}});
}

// `more` in front of what a histogram tells.
Json times(std::initializer_list<const char*> required, Keys more) {
  Json schema = object(required, more);
  Json& keys = schema["properties"];
  keys["count"] = number("how many");
  keys["p50"] = number("half of them took at most so long (ns, within 3 %)");
  keys["p90"] = number("the same of 90 %");
  keys["p99"] = number("the same of 99 %");
  keys["max"] = number("the longest (ns)");
  keys["sum"] = number("all together (ns)");
  return schema;
}

Json stop() {
  return object({"func"},
                {{"func", text("the probe")}, {"netns", text("network namespace")}, {"ifname", text("device")}});
}

Json level() {
  return one_of({"error", "warning", "info"}, "how bad that is");
}

Json finding() {
  const Json line = {{"type", "string"}};
  return object({"rule", "level", "words"},
                {{"rule", text("its name")},
                 {"level", level()},
                 {"words", text("what went wrong, in plain words")},
                 {"look", list_of(line, "commands to look with: the most telling one, all with --explain")},
                 {"causes", list_of(line, "why it usually happens (--explain)")}});
}

}  // namespace

Json diagnoses_schema() {
  const Json count = object({"rule", "level", "trails"},
                            {{"rule", text("its name")}, {"level", level()}, {"trails", number("it was said of")}});
  const Json diagnoses =
      object({"without", "rules"}, {{"without", number("trails of which nothing was to be said")},
                                    {"rules", list_of(count, "what was said, the worst and most frequent first")}});
  Json schema = object({"diagnoses"}, {{"diagnoses", diagnoses}});
  schema["description"] = "what was said of all trails (--diagnose)";
  return schema;
}

Json latency_schema() {
  const Json hop = times({"from", "to", "count"}, {{"from", stop()}, {"to", stop()}});
  const Json latency = object({"total", "hops"}, {{"total", times({"count"}, {})},
                                                  {"hops", list_of(hop, "by where the time went")},
                                                  {"others", times({"count"}, {})}});
  Json schema = object({"latency"}, {{"latency", latency}});
  schema["description"] = "the times of all trails, from the first step to the fate, and of their hops (--latency)";
  return schema;
}

Json between_schema() {
  const Json row = object({"from", "count"}, {{"from", number("times from here on (ns)")},
                                              {"below", number("to here, without it (ns); absent: and more")},
                                              {"count", number("so many of them")}});
  const Json between = times({"from", "to", "count", "without_to", "without_from", "rows"},
                             {{"from", text("the tracer where the time begins")},
                              {"to", text("and where it ends")},
                              {"without_to", number("packets that came to the first alone")},
                              {"without_from", number("packets that came to the second alone")},
                              {"rows", list_of(row, "a histogram")}});
  Json schema = object({"between"}, {{"between", between}});
  schema["description"] = "the time from one tracer to another (--between)";
  return schema;
}

Json trail_schema() {
  Json schema = object({"trail", "branches", "steps"},
                       {{"trail", the_trail()},
                        {"packet", text("its headers in one line")},
                        {"len", number("of the skb at the first step (bytes)")},
                        {"src", text("source address")},
                        {"dst", text("destination address")},
                        {"sport", number("source port")},
                        {"dport", number("destination port")},
                        {"diagnosis", list_of(finding(), "what is to be said of it, the worst first (--diagnose)")},
                        {"processes", list_of(process(), "that did some of its steps")},
                        {"branches", list_of(branch(), "the skbs of the packet")},
                        {"steps", list_of(step(), "in the order of time")}});
  schema["description"] = "a packet (--trail)";
  return schema;
}

}  // namespace skbtrail::output
