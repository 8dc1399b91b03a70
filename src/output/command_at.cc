#include "output/command_at.h"

#include <cstring>

#include "diagnose/command.h"

namespace skbtrail::output {

namespace {

// Without a packet.
diagnose::Subject subject_at(const Place& place, const event::Names& names) {
  diagnose::Subject subject;
  subject.names = &names;
  subject.netns = place.netns;
  if (place.ifindex) subject.device = place.ifname;
  return subject;
}

}  // namespace

std::string command_at(std::string_view pattern, const Place& place, const event::Names& names) {
  return diagnose::command_for(pattern, subject_at(place, names));
}

diagnose::Advice advice_on(const drop_key& drop, const diagnose::Reasons& reasons, const event::Names& names) {
  const auto* name = reinterpret_cast<const char*>(drop.name);
  const Place place{drop.netns, drop.ifindex, {name, strnlen(name, sizeof(drop.name))}};
  diagnose::Drop told{std::nullopt, names.name(event::NameKind::symbol, drop.location)};
  if (drop.traits & DROP_HAS_REASON) told.reason = names.name(event::NameKind::drop_reason, drop.reason);
  return diagnose::advice_on(told, subject_at(place, names), reasons);
}

}  // namespace skbtrail::output
