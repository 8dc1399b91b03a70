#include "attach/tracepoint_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "text/error_name.h"

namespace skbtrail::attach {

// What is missing without it, in words for a person.
std::string TracepointEvents::name_of(uint16_t number) const {
  return probe(number).name + (probe(number).typed ? " (what it hands out)" : "");
}

void TracepointEvents::want(load::Wanted& wanted) const {
  if (probes_.empty()) return;
  wanted.map("stash", static_cast<uint32_t>(tracepoints_),
             static_cast<uint32_t>(2 * sizeof(uint64_t) + load::most_args(around_.plan.probes)));
  for (const uint16_t number : probes_) {
    if (around_.given_up[number]) continue;
    wanted.programs.push_back({.name = numbered("event", number)});
    if (!probe(number).typed) wanted.slots.push_back({number, probe(number).config});
  }
}

bool TracepointEvents::give_up(const load::Refusal& refusal) {
  const auto number = number_of("event", refusal.program);
  const auto refused = std::find(probes_.begin(), probes_.end(), number.value_or(UINT32_MAX));
  if (refused == probes_.end()) return false;
  around_.skip(name_of(*refused), "refused: " + refusal.reason);
  probes_.erase(refused);
  return true;
}

bool TracepointEvents::attach_one(uint16_t number, int program) {
  load::Fd event = around_.kernel.open_tracepoint_event(probe(number).format->id);
  const int error = event ? around_.kernel.set_program(event.get(), program) : errno;
  if (error) {
    load::check_descriptors(error, "attach to " + probe(number).name);
    around_.skip(name_of(number), fmt::format("perf_event_open: {}", text::error_text(error)));
    return false;
  }
  links_.push_back(std::move(event));
  // Where a typed program makes the event, only what the tracepoint hands out is missed with this one.
  if (probe(number).typed) return false;
  around_.hits.add_program(around_.hits.add_point({number}), duplicate(program));
  return true;
}

size_t TracepointEvents::attach(const load::BpfObject& object) {
  size_t attached = 0;
  for (const uint16_t number : probes_)
    if (!around_.given_up[number]) attached += attach_one(number, object.program(numbered("event", number)));
  return attached;
}

bool TracepointEvents::needs_missed_counts() const {
  return std::any_of(probes_.begin(), probes_.end(), [this](uint16_t number) { return !probe(number).typed; });
}

}  // namespace skbtrail::attach
