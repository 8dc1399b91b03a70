#include "diagnose/diagnosis.h"

#include <algorithm>
#include <utility>

#include "diagnose/rule_words.h"
#include "diagnose/trail_subject.h"
#include "trail/hops.h"

namespace skbtrail::diagnose {

namespace {

using trail::Branch;
using trail::Step;
using trail::Trail;

Advice advice_on(const Trail& trail, const Reasons& reasons) {
  if (!trail.is_dropped()) return {};
  const Branch& branch = trail.decisive();
  Drop drop{std::nullopt, branch.free_location ? trail.names->name(event::NameKind::symbol, branch.free_location)
                                               : std::string_view()};
  if (branch.has_reason) drop.reason = trail.names->name(event::NameKind::drop_reason, branch.drop_reason);
  return diagnose::advice_on(drop, subject_of(trail, At::fate), reasons);
}

struct OtherWay {
  std::string in, out;
  uint32_t netns = 0;
  bool differs = false;
};

// The first namespace that this trail leaves by another device than that by which the other direction came in.
OtherWay other_way(const std::vector<Way>& ways, const std::vector<Way>& back) {
  for (const auto& way : ways) {
    const auto same = std::find_if(back.begin(), back.end(), [&](const Way& b) { return b.netns == way.netns; });
    if (!way.out || same == back.end() || !same->in || same->in == way.out) continue;
    return {same->in_name, way.out_name, way.netns, true};
  }
  return {};
}

void set_slowest(Facts& facts, const Trail& trail) {
  const trail::SlowestHop slowest = trail::slowest_hop(trail);
  if (!slowest.from) return;
  facts.slow_from = trail.names->probe(slowest.from->probe);
  facts.slow_to = trail.names->probe(slowest.to->probe);
}

// In one direction of a flow.
uint32_t& times_of(OneWay& way, uint8_t rule) {
  const auto found =
      std::find_if(way.times.begin(), way.times.end(), [&](const auto& one) { return one.first == rule; });
  if (found != way.times.end()) return found->second;
  return way.times.emplace_back(rule, 0).second;
}

// The device in its namespace; a step without one is nowhere.
bool is_at_fate(const Trail& trail, const Step* step) {
  if (!step || step->location == Step::kNone || trail.branches.empty()) return false;
  const Branch& branch = trail.branches[trail.fate_branch];
  const uint16_t fate = branch.fate_location != Step::kNone ? branch.fate_location : branch.last_location;
  if (fate == Step::kNone) return false;
  const trail::Location &one = trail.locations[step->location], &other = trail.locations[fate];
  return one.netns == other.netns && one.ifindex != 0 && one.ifindex == other.ifindex;
}

bool had(const OneWay* way, uint8_t mark) {
  return way && (way->marks & uint32_t{1} << mark) != 0;
}

}  // namespace

Diagnosis::Diagnosis(std::shared_ptr<const Rules> rules, std::shared_ptr<const Reasons> reasons)
    : rules_(std::move(rules)), reasons_(std::move(reasons)), counts_(rules_->all().size()) {
  const auto bit_of = [&](const Pattern& pattern) {
    if (!pattern.step) return kNoBit;
    steps_.push_back(&*pattern.step);
    return static_cast<unsigned>(steps_.size() - 1);
  };
  for (const auto& rule : rules_->all()) rule_bits_.push_back(bit_of(rule.pattern));
  for (const auto& mark : rules_->marks()) {
    mark_bits_.push_back(bit_of(mark.pattern));
    if (mark.pattern.step && !mark.pattern.when) bits_of_marks_ |= uint64_t{1} << mark_bits_.back();
  }
}

uint64_t Diagnosis::seen(const event::Event& event) {
  uint64_t bits = 0;
  for (size_t i = 0; i < steps_.size(); i++) bits |= uint64_t{steps_[i]->holds(event)} << i;
  if (const auto* packet = event.packet(); bits && packet && packet->icmp && packet->icmp->quoted)
    quotes_.add(event.core->time_ns, static_cast<uint16_t>(event.core->cpu), packet->icmp->quoted->dst);
  if (!(bits & bits_of_marks_)) return bits;
  if (OneWay* way = conversations_.find(event).same)
    for (size_t i = 0; i < mark_bits_.size(); i++)
      if (mark_bits_[i] != kNoBit && bits & bits_of_marks_ & uint64_t{1} << mark_bits_[i])
        way->marks |= uint32_t{1} << i;
  return bits;
}

bool Diagnosis::fits(const Pattern& pattern, unsigned bit, const Trail& trail, const event::Event& knowing) const {
  if (bit != kNoBit && !(trail.seen & uint64_t{1} << bit)) return false;
  return !pattern.when || pattern.when->holds(knowing);
}

uint32_t Diagnosis::holds(size_t at, const Trail& trail, const event::Event& knowing, Before& before) {
  const Rule& rule = rules_->all()[at];
  if (!fits(rule.pattern, rule_bits_[at], trail, knowing)) return 0;
  if (rule.step_at_fate && !is_at_fate(trail, trail.first_step_with(uint64_t{1} << rule_bits_[at]))) return 0;
  if (rule.after != Rule::kNone && !had(before.flow.same, rule.after)) return 0;
  if (rule.answers != Rule::kNone && !had(before.flow.other, rule.answers)) return 0;
  if (rule.not_after != Rule::kNone && had(before.flow.same, rule.not_after)) return 0;
  const bool counts = rule.times > 1;
  if (rule.unless != Rule::kNone && !counts && had(before.flow.other, rule.unless)) return 0;
  if (rule.repeats > 1) return before.repeats >= rule.repeats ? before.repeats : 0;
  if (rule.asks_way_back) return before.flow.other && other_way(before.ways, before.flow.other->ways).differs;
  if (!counts) return 1;
  if (!before.flow.same) return 0;
  const uint32_t times = ++times_of(*before.flow.same, static_cast<uint8_t>(at));
  return times >= rule.times ? times : 0;
}

// What later ones may ask for.
void Diagnosis::note(const Trail& trail, const event::Event& knowing, const Before& before) {
  if (!before.flow.same) return;
  OneWay& way = *before.flow.same;
  uint32_t marks = 0;
  for (size_t i = 0; i < rules_->marks().size(); i++)
    marks |= uint32_t{fits(rules_->marks()[i].pattern, mark_bits_[i], trail, knowing)} << i;
  way.marks |= marks;
  for (size_t i = 0; i < rules_->all().size(); i++)
    if (const uint8_t unless = rules_->all()[i].unless; unless != Rule::kNone && marks & uint32_t{1} << unless)
      std::erase_if(before.flow.other->times, [&](const auto& one) { return one.first == i; });
  if (!trail.is_complete()) return;
  for (const auto& one : before.ways) {
    auto known = std::find_if(way.ways.begin(), way.ways.end(), [&](const Way& w) { return w.netns == one.netns; });
    if (known != way.ways.end())
      *known = one;
    else if (way.ways.size() < OneWay::kMostWays)
      way.ways.push_back(one);
  }
}

Finding Diagnosis::finding(const Rule& rule, const Trail& trail, const event::TrailValues& values, const Before& before,
                           uint32_t times) const {
  const unsigned bit = rule_bits_[static_cast<size_t>(&rule - rules_->all().data())];
  const auto* step = bit != kNoBit ? trail.first_step_with(uint64_t{1} << bit) : nullptr;
  OtherWay way;
  if (before.flow.other) way = other_way(before.ways, before.flow.other->ways);
  Subject subject = rule.at == At::way_back ? subject_through(trail, way.netns) : subject_of(trail, rule.at, step);
  if (step) subject.quoted_dst = quotes_.find(step->time_ns, step->cpu);
  Facts facts{.subject = subject, .trail = *values.whole, .drop = advice_on(trail, *reasons_), .times = times};
  set_slowest(facts, trail);
  facts.way_in = std::move(way.in);
  facts.way_out = std::move(way.out);
  Finding found{&rule, words_for(rule.words, facts), look_for(rule.look, facts), {}, {}};
  if (!found.look.empty()) found.commands.push_back(found.look);
  for (const auto& command : facts.drop.commands)
    if (command != found.look) found.commands.push_back(command);
  found.causes = std::move(facts.drop.causes);
  return found;
}

std::vector<Finding> Diagnosis::of(const Trail& trail, const event::TrailValues& values) {
  event::Event knowing;
  knowing.names = trail.names;
  knowing.trail = &values;
  Before before;
  before.flow = conversations_.find(trail);
  if (before.flow.same) {
    before.repeats = Conversations::note_sent(*before.flow.same, trail);
    if (trail.is_complete()) before.ways = ways_of(trail);
  }
  std::vector<Finding> findings;
  for (size_t i = 0; i < rules_->all().size(); i++)
    if (const uint32_t times = holds(i, trail, knowing, before))
      findings.push_back(finding(rules_->all()[i], trail, values, before, times));
  std::vector<std::string> hidden;
  for (const auto& found : findings) hidden.insert(hidden.end(), found.rule->over.begin(), found.rule->over.end());
  std::erase_if(findings, [&](const Finding& found) {
    return std::find(hidden.begin(), hidden.end(), found.rule->name) != hidden.end();
  });
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.rule->level < b.rule->level; });
  note(trail, knowing, before);
  return findings;
}

void Diagnosis::count(const std::vector<Finding>& findings) {
  without_ += findings.empty();
  for (const auto& found : findings) counts_[static_cast<size_t>(found.rule - rules_->all().data())]++;
}

std::vector<Diagnosis::Count> Diagnosis::counts() const {
  std::vector<Count> counts;
  for (size_t i = 0; i < counts_.size(); i++)
    if (counts_[i]) counts.push_back({&rules_->all()[i], counts_[i]});
  std::stable_sort(counts.begin(), counts.end(), [](const Count& a, const Count& b) {
    return std::pair(a.rule->level, b.trails) < std::pair(b.rule->level, a.trails);
  });
  return counts;
}

}  // namespace skbtrail::diagnose
