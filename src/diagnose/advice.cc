#include "diagnose/advice.h"

#include <fmt/format.h>

#include "diagnose/command.h"

namespace skbtrail::diagnose {

namespace {

// "NO_SOCKET, UDP_CSUM or PKT_TOO_SMALL".
std::string listed(const std::vector<const Reason*>& reasons) {
  std::string text;
  for (size_t i = 0; i < reasons.size(); i++)
    text += (i == 0 ? "" : i + 1 == reasons.size() ? " or " : ", ") + reasons[i]->name;
  return text;
}

Advice by_reason(const Subject& subject, const Reason& reason) {
  Advice advice{reason.means, reason.causes, {}, reason.source};
  for (const auto& command : reason.look) advice.commands.push_back(command_for(command, subject));
  return advice;
}

// What usually makes this function drop is likely, and said to be.
Advice by_function(const Drop& drop, const Subject& subject, const Reasons& reasons) {
  const auto usual = reasons.of_function(drop.function);
  if (usual.empty()) return {"no reason is told; the call path says more", {}, {}, {}};
  Advice advice = by_reason(subject, *usual.front());
  advice.causes.insert(advice.causes.begin(), usual.front()->means);
  advice.means = fmt::format("no reason is told; likely {}, for which this function drops", listed(usual));
  return advice;
}

}  // namespace

Advice advice_on(const Drop& drop, const Subject& subject, const Reasons& reasons) {
  if (!drop.reason) return by_function(drop, subject, reasons);
  const auto* reason = reasons.find(*drop.reason);
  if (*drop.reason == "NOT_SPECIFIED")
    if (const auto* usual = reasons.unspecified_in(drop.function)) reason = usual;
  if (reason) return by_reason(subject, *reason);
  return {"nothing is known of this reason here; the function and the call path say more", {}, {}, {}};
}

Advice advice_on(const event::Event& drop, const Reasons& reasons) {
  Drop told{std::nullopt, drop.names->name(event::NameKind::symbol, drop.drop->location)};
  if (drop.drop->has_reason) told.reason = drop.names->name(event::NameKind::drop_reason, drop.drop->reason);
  return advice_on(told, subject_of(drop), reasons);
}

}  // namespace skbtrail::diagnose
