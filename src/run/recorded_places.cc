#include "run/recorded_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text/fixed_text.h"

namespace skbtrail::run {

RecordedPlaces::RecordedPlaces(const TraceOptions& options, std::string netns)
    : options_(options),
      netns_(std::move(netns)),
      asks_for_place_(!netns_.is_any() || options.filter.conditions.ifname.has_value()) {}

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
  if (has_netns || netns_.is_any()) {
    std::vector<std::string> words;
    for (const auto& word : options_.filter.conditions.ifname->words()) words.push_back(word.text);
    found.push_back(fmt::format("--ifname: no event at {}{} was recorded; {}", fmt::join(words, ","),
                                netns_.is_any() ? "" : " in " + netns_.written(), there));
  } else {
    found.push_back(fmt::format("--netns: no event in {} was recorded; {}", netns_.written(), there));
  }
  return found;
}

}  // namespace skbtrail::run
