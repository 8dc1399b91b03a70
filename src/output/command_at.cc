#include "output/command_at.h"

#include <cstring>

#include "diagnose/command.h"

namespace skbtrail::output {

namespace {

// Without a packet.
diagnose::Subject subject_at(const Location& location, const event::Names& names) {
  diagnose::Subject subject;
  subject.names = &names;
  subject.netns = location.netns;
  if (location.ifindex) subject.device = location.ifname;
  return subject;
}

}  // namespace

std::string command_at(std::string_view pattern, const Location& location, const event::Names& names) {
  return diagnose::command_for(pattern, subject_at(location, names));
}

diagnose::Advice advice_on(const drop_key& drop, const diagnose::Reasons& reasons, const event::Names& names) {
  const auto* name = reinterpret_cast<const char*>(drop.name);
  const Location location{drop.netns, drop.ifindex, {name, strnlen(name, sizeof(drop.name))}};
  diagnose::Drop told{std::nullopt, names.name(event::NameKind::symbol, drop.location)};
  if (drop.traits & DROP_HAS_REASON) told.reason = names.name(event::NameKind::drop_reason, drop.reason);
  return diagnose::advice_on(told, subject_at(location, names), reasons);
}

}  // namespace skbtrail::output
