// Layout `json` with --trail: one object a line for each trail, with its steps.
//
//   {"trail":{"id":7,"time":...,"total":148021,"fate":"forwarded","dropped":false,...},"packet":"IP ...","src":...,
//    "branches":[{"skb":"0xffff...","lineage":"original","fate":"forwarded"},...],
//    "steps":[{"time":...,"func":"net_dev_queue","netns":"pod-a","ifname":"eth0","len":76},...]}
//
// Keys are the registry's names where there is one; what is not known is absent, zero is there.
#include <algorithm>
#include <iterator>

#include "output/json_diagnosis.h"
#include "output/json_gap.h"
#include "output/json_text.h"
#include "output/latency_text.h"
#include "output/trail_layout.h"
#include "output/trail_text.h"
#include "text/append.h"
#include "text/cgroup_path.h"

namespace skbtrail::output {

namespace {

using trail::Branch;
using trail::Change;
using trail::Step;
using trail::Trail;
using trail::What;

// An object whose members are added one after the other.
class Object {
 public:
  explicit Object(fmt::memory_buffer& out) : out_(out) { text::append(out_, '{'); }

  fmt::memory_buffer& key(std::string_view name) {
    text::append(out_, is_empty_ ? "\"" : ",\"");
    is_empty_ = false;
    text::append(out_, name);
    text::append(out_, "\":");
    return out_;
  }
  void text(std::string_view name, std::string_view value) { append_json_text(key(name), value); }
  void number(std::string_view name, uint64_t value) { text::append_number(key(name), value); }
  void boolean(std::string_view name, bool value) { text::append(key(name), value ? "true" : "false"); }
  void address(std::string_view name, uint64_t value) {
    key(name);
    text::append(out_, '"');
    text::append_hex(out_, value);
    text::append(out_, '"');
  }
  void end() { text::append(out_, '}'); }

 private:
  fmt::memory_buffer& out_;
  bool is_empty_ = true;
};

// Of the things in a list.
template <typename Values, typename Append>
void append_list(fmt::memory_buffer& out, const Values& values, Append append) {
  text::append(out, '[');
  bool is_first = true;
  for (const auto& value : values) {
    if (!is_first) text::append(out, ',');
    is_first = false;
    append(value);
  }
  text::append(out, ']');
}

std::string_view name_of(What what) {
  switch (what) {
    case What::src: return "src";
    case What::dst: return "dst";
    case What::ttl: return "ttl";
    case What::mark: return "mark";
    case What::vlan: return "vlan";
    case What::len: return "len";
    case What::checksum: return "checksum";
    case What::encapsulated: return "encapsulated";
    case What::decapsulated: break;
  }
  return "decapsulated";
}

std::string_view name_of(trail::End end) {
  switch (end) {
    case trail::End::fate: return "fate";
    case trail::End::aged: return "aged";
    case trail::End::evicted: return "evicted";
    case trail::End::run_ended: break;
  }
  return "run ended";
}

class JsonTrails final : public TrailLayout {
 public:
  explicit JsonTrails(const LayoutChoice& choice) : TrailLayout(choice), explains_(choice.explains) {}

  void notice(fmt::memory_buffer& out, const event::Notice& notice) override { append_json_notice(out, notice); }
  void summary(fmt::memory_buffer& out, const event::Summary& summary) override { append_json_summary(out, summary); }

 private:
  void append(fmt::memory_buffer& out, const Trail& trail) override;
  void append_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    append_json_gap(out, gap, names);
  }
  void append_latency(fmt::memory_buffer& out, const trail::Latency& latency) override {
    append_json_latency(out, latency);
  }
  void append_between(fmt::memory_buffer& out, const trail::Between& between, const BetweenChoice& choice) override {
    append_json_between(out, between, choice);
  }
  void append_diagnoses(fmt::memory_buffer& out, const diagnose::Diagnosis& diagnosis) override {
    append_json_diagnoses(out, diagnosis);
  }

  void append_trail(fmt::memory_buffer& out, const Trail& trail);
  static void append_first(Object& object, const Trail& trail);
  static void append_process(fmt::memory_buffer& out, const Trail& trail, const trail::Task& task);
  static void append_branch(fmt::memory_buffer& out, const Trail& trail, const Branch& branch);
  void append_step(fmt::memory_buffer& out, const Trail& trail, const Step& step);
  static void append_decision(Object& object, const trail::Decision& decision);
  void append_change(fmt::memory_buffer& out, const Change& change);
  void append_ends(Object& object, std::string_view key, const trail::Ends& ends);

  bool explains_;
  fmt::memory_buffer scratch_;
  std::vector<uint32_t> netns_;
  std::vector<std::string_view> ifnames_;
};

void JsonTrails::append_ends(Object& object, std::string_view key, const trail::Ends& ends) {
  scratch_.clear();
  output::append_ends(scratch_, ends);
  object.text(key, {scratch_.data(), scratch_.size()});
}

void JsonTrails::append_change(fmt::memory_buffer& out, const Change& change) {
  constexpr uint32_t kNoTag = 0xffff;
  Object object(out);
  object.text("what", name_of(change.what));
  switch (change.what) {
    case What::src:
    case What::dst:
      append_ends(object, "from", change.from_ends);
      append_ends(object, "to", change.to_ends);
      if (change.by_nat) object.boolean("nat", true);
      break;
    case What::encapsulated:
    case What::decapsulated:
      object.text("tunnel", change.tunnel.data());
      if (change.to != trail::Look::kNoVni) object.number("vni", change.to);
      append_ends(object, "src", change.from_ends);
      append_ends(object, "dst", change.to_ends);
      break;
    case What::checksum:
      object.text("from", checksum_name(change.from));
      object.text("to", checksum_name(change.to));
      break;
    default:
      if (change.what != What::vlan || change.from != kNoTag) object.number("from", change.from);
      if (change.what != What::vlan || change.to != kNoTag) object.number("to", change.to);
  }
  object.end();
}

void JsonTrails::append_trail(fmt::memory_buffer& out, const Trail& trail) {
  Object object(out);
  object.number("id", trail.id);
  object.number("time", trail.names->time_of_day_ns(trail.first_ns()));
  object.number("total", trail.total_ns);
  object.text("fate", trail::fate_name(trail.fate));
  object.boolean("dropped", trail.is_dropped());
  if (trail.is_dropped() && trail.decisive().has_reason)
    object.text("drop_reason", trail.names->name(event::NameKind::drop_reason, trail.decisive().drop_reason));
  object.boolean("complete", trail.is_complete());
  object.text("end", name_of(trail.end));
  netns_.clear();
  for (const auto& step : trail.steps) {
    const uint32_t netns = step.location == Step::kNone ? 0 : trail.locations[step.location].netns;
    if (netns && std::find(netns_.begin(), netns_.end(), netns) == netns_.end()) netns_.push_back(netns);
  }
  append_list(object.key("netns"), netns_,
              [&](uint32_t netns) { append_json_text(out, trail.names->name(event::NameKind::netns, netns)); });
  const auto add_end = [&](std::string_view key, uint16_t task) {
    if (task == Step::kNone) return;
    Object end(object.key(key));
    end.number("pid", trail.tasks[task].pid);
    end.text("comm", trail.tasks[task].comm());
    end.end();
  };
  add_end("sender", trail.sender);
  add_end("receiver", trail.receiver());
  ifnames_.clear();
  for (const auto& location : trail.locations)
    if (location.ifindex && std::find(ifnames_.begin(), ifnames_.end(), location.ifname()) == ifnames_.end())
      ifnames_.push_back(location.ifname());
  append_list(object.key("ifname"), ifnames_, [&](std::string_view name) { append_json_text(out, name); });
  object.number("steps", trail.steps.size() + trail.steps_left_out);
  object.number("skbs", trail.branches.size());
  uint64_t lost = 0;
  for (const auto& hole : trail.holes) lost += hole.lost;
  if (lost) object.number("lost", lost);
  const auto append_hole = [&](const trail::Hole& hole) {
    Object gap(out);
    if (hole.time_ns != UINT64_MAX) gap.number("mono", hole.time_ns);
    gap.number("lost", hole.lost);
    gap.end();
  };
  if (lost) append_list(object.key("gaps"), trail.holes, append_hole);
  if (trail.steps_left_out) object.number("steps_left_out", trail.steps_left_out);
  if (trail.continues) object.number("continues", trail.continues);
  object.end();
}

void JsonTrails::append_first(Object& object, const Trail& trail) {
  if (!trail.packet.empty()) object.text("packet", trail.packet);
  if (trail.first_len && trail.has_first_len) object.number("len", trail.first_len);
  if (!trail.has_first) return;
  const auto& headers = trail.first.inner;
  if (headers.src.version) object.text("src", packet::to_string(headers.src));
  if (headers.dst.version) object.text("dst", packet::to_string(headers.dst));
  if (headers.has_ports) object.number("sport", headers.sport);
  if (headers.has_ports) object.number("dport", headers.dport);
}

void JsonTrails::append_process(fmt::memory_buffer& out, const Trail& trail, const trail::Task& task) {
  Object object(out);
  object.number("pid", task.pid);
  object.text("comm", task.comm());
  const auto cgroup = trail.names->name(event::NameKind::cgroup, task.pid);
  const auto add = [&](std::string_view key, std::string_view text) {
    if (!text.empty()) object.text(key, text);
  };
  add("container", text::container_of(cgroup));
  add("pod", text::pod_of(cgroup));
  add("unit", text::unit_of(cgroup));
  add("cgroup", cgroup);
  object.end();
}

void JsonTrails::append_branch(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  Object object(out);
  object.address("skb", branch.skb);
  object.text("lineage", trail::lineage_name(branch.lineage));
  if (branch.parent != Branch::kNone) object.number("parent", branch.parent);
  if (branch.is_likely) object.boolean("likely", true);
  object.text("fate", trail::fate_name(branch.fate));
  if (branch.into != Branch::kNone) object.number("into", branch.into);
  if (branch.into_trail) object.number("into_trail", branch.into_trail);
  if (branch.has_reason)
    object.text("drop_reason", trail.names->name(event::NameKind::drop_reason, branch.drop_reason));
  if (branch.dropped_by != Step::kNone) object.text("dropped_by", trail.decisions[branch.dropped_by].rules());
  if (const auto symbol = trail.names->name(event::NameKind::symbol, branch.free_location);
      branch.free_location && !symbol.empty())
    object.text("location", symbol);
  else if (branch.free_location)
    object.address("location", branch.free_location);
  if (branch.is_benign) object.text("benign", branch.benign);
  if (branch.socket) object.address("sk", branch.socket);
  if (branch.reader != Step::kNone) {
    object.number("pid", trail.tasks[branch.reader].pid);
    object.text("comm", trail.tasks[branch.reader].comm());
  }
  if (branch.cut != trail::Cut::none) object.text("cut", trail::cut_name(branch.cut));
  object.end();
}

void JsonTrails::append_decision(Object& object, const trail::Decision& decision) {
  using Of = trail::Decision::Of;
  const auto add = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) object.text(key, text);
  };
  if (decision.of == Of::route) {
    add("route", decision.text);
    add("route_table", decision.table);
    add(decision.verdict.starts_with('E') ? "route_error" : "route_type", decision.verdict);
  } else if (decision.of == Of::neighbor) {
    add("neigh", decision.text);
    add("neigh_state", decision.verdict);
  } else if (decision.of == Of::nat) {
    add("nat", decision.text);
  } else {
    add("decision", decision.text);
    add("decided_by", decision.by);
    add(decision.of == Of::program ? "program" : "table", decision.table);
    add("chain", decision.chain);
    add("hook", decision.hook);
    add("verdict", decision.verdict);
    if (decision.rule) object.number("rule", decision.rule);
    add("rule_type", std::string(decision.rule_type));
    add("rule_text", decision.rule_text);
  }
}

void JsonTrails::append_step(fmt::memory_buffer& out, const Trail& trail, const Step& step) {
  Object object(out);
  object.number("time", trail.names->time_of_day_ns(step.time_ns));
  object.number("mono", step.time_ns);
  if (step.branch) object.number("branch", step.branch);
  object.text("func", trail.names->probe(step.probe));
  if (step.is_return) object.boolean("return", true);
  if (step.decision != Step::kNone) append_decision(object, trail.decisions[step.decision]);
  if (step.location != Step::kNone) {
    const auto& location = trail.locations[step.location];
    if (location.netns) object.text("netns", trail.names->name(event::NameKind::netns, location.netns));
    if (location.ifindex) object.text("ifname", location.ifname());
  }
  if (step.cpu != event::kUnknownCpu) object.number("cpu", step.cpu);
  if (step.has_len) object.number("len", step.len);
  if (step.has_result) text::append_integer(object.key("result"), step.result);
  if (step.task != Step::kNone) {
    object.number("pid", trail.tasks[step.task].pid);
    object.text("comm", trail.tasks[step.task].comm());
  }
  if (step.changes) {
    const std::span changes(trail.changes.data() + step.first_change, step.changes);
    append_list(object.key("changes"), changes, [&](const Change& change) { append_change(out, change); });
  }
  if (step.is_late) object.boolean("late", true);
  object.end();
}

void JsonTrails::append(fmt::memory_buffer& out, const Trail& trail) {
  Object object(out);
  object.key("trail");
  append_trail(out, trail);
  append_first(object, trail);
  if (diagnoses()) append_json_findings(object.key("diagnosis"), findings(), explains_);
  if (!trail.tasks.empty())
    append_list(object.key("processes"), trail.tasks,
                [&](const trail::Task& task) { append_process(out, trail, task); });
  append_list(object.key("branches"), trail.branches, [&](const Branch& branch) { append_branch(out, trail, branch); });
  append_list(object.key("steps"), trail.steps, [&](const Step& step) { append_step(out, trail, step); });
  object.end();
  text::append(out, '\n');
}

}  // namespace

std::unique_ptr<Layout> make_json_trail_layout(const LayoutChoice& choice) {
  return std::make_unique<JsonTrails>(choice);
}

}  // namespace skbtrail::output
