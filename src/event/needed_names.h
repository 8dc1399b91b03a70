// Which names an event needs to be understood, beside that of its namespace: a recording tells them with it. A section
// whose numbers have names says so here.
#pragma once

#include "event/event.h"
#include "event/name_kinds.h"
#include "event/section/rule.h"

namespace skbtrail::event {

// Calls name(kind, number) for each, and stack(id) for a stack, whose frames are symbols; in the order in which
// recordings tell them.
template <typename Name, typename Stack>
void each_needed_name(const Event& event, Name name, Stack stack) {
  const auto symbol = [&](uint64_t address) {
    if (address) name(NameKind::symbol, address);
  };
  if (event.drop) {
    if (event.drop->has_reason) name(NameKind::drop_reason, uint64_t{event.drop->reason});
    symbol(event.drop->location);
  }
  if (event.caller)
    for (const uint64_t frame : event.caller->frames) symbol(frame);
  if (event.task && event.task->context == REC_CONTEXT_PROCESS) name(NameKind::cgroup, uint64_t{event.task->pid});
  // Looked up while it can be.
  if (const auto rule = rule_name(event); rule && !event.names->rule(*rule).empty())
    name(NameKind::rule, rule->number());
  if (event.stack && event.stack->id) stack(uint64_t{event.stack->id});
  if (!event.args) return;
  if (const auto arguments = event.arguments())
    for (const auto& field : arguments->format().fields)
      if (field.look == Look::symbol) symbol(arguments->number(field));
}

}  // namespace skbtrail::event
