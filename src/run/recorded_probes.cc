#include "run/recorded_probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "run/errors.h"
#include "run/tracers.h"
#include "text/fixed_text.h"
#include "text/nearest.h"

namespace skbtrail::run {

namespace {

// A word that neither the recordings nor the tree of tracers know.
[[noreturn]] void refuse_probe_word(const recording::Merge& files, const probe::TracerTree& tree, const char* option,
                                    const std::string& word) {
  std::vector<std::string> names;
  for (const auto* head : heads_of(files))
    for (const auto& probe : head->probes) {
      names.push_back(probe.name);
      if (!probe.group.empty()) names.push_back(probe.group + ":" + probe.name);
    }
  if (names.empty())
    throw UsageError(fmt::format("{}: the recording has no probes, so '{}' matches none", option, word));
  for (auto& known : tree.words()) names.push_back(std::move(known));
  throw UsageError(fmt::format("{}: '{}' matches none of the recorded probes{}", option, word,
                               text::did_you_mean(word, names, "", "'")));
}

}  // namespace

std::vector<const recording::Head*> heads_of(const recording::Merge& files) {
  std::vector<const recording::Head*> heads;
  for (const auto& reader : files.readers()) heads.push_back(&reader->names().head());
  return heads;
}

RecordedProbes::RecordedProbes(const TraceOptions& options, const recording::Merge& files)
    : files_(files),
      tells_drops_alone_(options.shows_drops()),
      tree_(options.probes.tracers.empty() && options.probes.excluded.empty() && options.sections.stack_at.empty() &&
                    options.trails.between.empty()
                ? nullptr
                : tree_of(options.probes)) {}

ProbeWords RecordedProbes::words(const char* option, const std::vector<std::string>& words) const {
  ProbeWords understood(tree_, words, heads_of(files_));
  for (const auto& missing : understood.missing())
    if (!missing.is_known) refuse_probe_word(files_, *tree_, option, missing.word);
  return understood;
}

std::optional<output::BetweenChoice> RecordedProbes::between(const std::vector<std::string>& words) const {
  if (words.empty()) return std::nullopt;
  const auto is_at = [&](const std::string& word) -> output::IsAt {
    auto understood = this->words("--between", {word});
    if (!understood.missing().empty()) throw RunError(fmt::format("--between: no event of '{}' was recorded", word));
    return [understood = std::move(understood)](const event::Names& names, uint16_t number) {
      const auto& probes = static_cast<const recording::RecordedNames&>(names).head().probes;
      return number < probes.size() && understood.name(probes[number]);
    };
  };
  return output::BetweenChoice{words.front(), words.back(), is_at(words.front()), is_at(words.back())};
}

void RecordedProbes::require_drops(const std::vector<std::string>& words, const ProbeWords& wanted) const {
  for (const auto* head : heads_of(files_))
    for (const auto& probe : head->probes)
      if (probe.name == "kfree_skb" && (words.empty() || wanted.name(probe))) return;
  throw RunError("no event of 'kfree_skb' was recorded, or asked for, and no other tells of drops");
}

ProbeWords RecordedProbes::wanted(const std::vector<std::string>& words) const {
  auto understood = this->words("--tracer", words);
  if (!words.empty() && understood.missing().size() == words.size())
    throw RunError(fmt::format("no event of '{}' was recorded", fmt::join(words, ",")));
  if (tells_drops_alone_) require_drops(words, understood);
  return understood;
}

RecordedPlaces::RecordedPlaces(const TraceOptions& options, std::string netns)
    : options_(options),
      netns_(std::move(netns)),
      asks_for_place_(!netns_.empty() || options.filter.conditions.ifname.has_value()) {}

// By name, by number, or by the first digits of a container's id.
bool RecordedPlaces::is_in_netns(const Place& place) const {
  constexpr std::string_view kContainer = "container:";
  if (netns_.empty() || place.netns == netns_ || std::to_string(place.netns_inum) == netns_) return true;
  return place.netns.starts_with(kContainer) && netns_.starts_with(kContainer) &&
         (netns_.starts_with(place.netns) || place.netns.starts_with(netns_));
}

void RecordedPlaces::take_place(const event::Event& event) {
  if (found_ || places_.size() >= kMost) return;
  Place place;
  if ((place.netns_inum = event.device->netns))
    place.netns = event.names->name(event::NameKind::netns, event.device->netns);
  if (event.device->ifindex) place.device = text::fixed_text(event.device->name);
  const auto& devices = options_.filter.conditions.ifname;
  found_ = is_in_netns(place) && (!devices || (!place.device.empty() && devices->matches(place.device)));
  places_.insert(std::move(place));
}

void RecordedPlaces::take_shown(const event::Event& event) {
  shown_++;
  sections_ |= event.core->sections;
}

std::vector<std::string> RecordedPlaces::absences(bool to_the_end) const {
  std::vector<std::string> found;
  if (shown_ > 0 && options_.sections.stack && !(sections_ & REC_SECTION_STACK))
    found.emplace_back("--stack: no stack was recorded of what is shown: 'skbtrail -w FILE --stack' records them");
  if (shown_ > 0 && options_.sections.caller && !(sections_ & (REC_SECTION_CALLER | REC_SECTION_STACK)))
    found.emplace_back("--caller: no caller was recorded of what is shown: 'skbtrail -w FILE --caller' records them");
  if (!to_the_end || !asks_for_place_ || found_ || places_.size() >= kMost) return found;
  std::vector<std::string> all;
  const bool has_netns = std::any_of(places_.begin(), places_.end(), [&](const auto& it) { return is_in_netns(it); });
  for (const auto& place : places_) {
    const std::string& name = has_netns ? place.device : place.netns;
    if (!name.empty() && (!has_netns || is_in_netns(place)) && std::find(all.begin(), all.end(), name) == all.end())
      all.push_back(name);
  }
  constexpr size_t kMostNamed = 12;
  const size_t more = all.size() - std::min(all.size(), kMostNamed);
  all.resize(all.size() - more);
  std::string there = all.empty() ? "none is known" : fmt::format("there are: {}", fmt::join(all, ", "));
  if (more > 0) there += fmt::format(", and {} more", more);
  if (has_netns || netns_.empty()) {
    std::vector<std::string> words;
    for (const auto& word : options_.filter.conditions.ifname->words()) words.push_back(word.text);
    found.push_back(fmt::format("--ifname: no event at {}{} was recorded; {}", fmt::join(words, ","),
                                netns_.empty() ? "" : " in " + netns_, there));
  } else {
    found.push_back(fmt::format("--netns: no event in {} was recorded; {}", netns_, there));
  }
  return found;
}

}  // namespace skbtrail::run
