#include "event/trail_fields.h"

#include <algorithm>

#include "event/trail_values.h"

namespace skbtrail::event {

namespace {

using Whole = WholeTrailValues;

constexpr std::monostate kUnknown{};

Value id(const Event& event, Scratch&) {
  return event.trail ? Value(event.trail->id) : Value(kUnknown);
}
Value time(const Event& event, Scratch&) {
  return event.trail ? Value(event.trail->first_day_ns) : Value(kUnknown);
}
Value since(const Event& event, Scratch&) {
  if (!event.trail || !event.core) return kUnknown;
  return event.core->time_ns - std::min<uint64_t>(event.trail->first_ns, event.core->time_ns);
}

const Whole* whole_of(const Event& event) {
  return event.trail && event.trail->whole ? &*event.trail->whole : nullptr;
}

template <uint64_t Whole::*Member>
Value number(const Event& event, Scratch&) {
  const Whole* whole = whole_of(event);
  return whole ? Value(whole->*Member) : Value(kUnknown);
}
template <bool Whole::*Member>
Value boolean(const Event& event, Scratch&) {
  const Whole* whole = whole_of(event);
  return whole ? Value(whole->*Member) : Value(kUnknown);
}
// Empty: there is none.
template <auto Member>
Value text(const Event& event, Scratch&) {
  const Whole* whole = whole_of(event);
  if (!whole || (whole->*Member).empty()) return kUnknown;
  return std::string_view(whole->*Member);
}

// What a trail is made of, beside what is always there.
constexpr uint32_t kSections = REC_SECTION_DEVICE | REC_SECTION_TASK | REC_SECTION_DROP | REC_SECTION_BYTES;

Field field(std::string_view name, Type type, std::string_view unit, std::string_view meaning, uint8_t width,
            Known known, Value (*get)(const Event&, Scratch&)) {
  return {.name = name,
          .type = type,
          .unit = unit,
          .meaning = meaning,
          .section = kSections,
          .meta = false,
          .width = width,
          .sparse = false,
          .get = get,
          .known = known};
}

}  // namespace

std::vector<Field> trail_fields() {
  constexpr Known begun = Known::with_trail, whole = Known::with_fate;
  return {
      field("trail.id", Type::number, "", "the packet's trail: a number of this run", 5, begun, id),
      field("trail.time", Type::time, "ns", "its first step: time of day, nanoseconds since 1970", 15, begun, time),
      field("trail.since", Type::number, "ns", "time since its first step", 9, begun, since),
      field("trail.total", Type::number, "ns", "time from its first step to its fate", 9, whole,
            number<&Whole::total_ns>),
      field("trail.fate", Type::text, "", "what became of the packet: dropped, delivered, forwarded, sent, ...", 9,
            whole, text<&Whole::fate>),
      field("trail.dropped", Type::boolean, "", "it was dropped", 3, whole, boolean<&Whole::is_dropped>),
      field("trail.drop_reason", Type::text, "", "why, by the kernel's name", 9, whole, text<&Whole::drop_reason>),
      field("trail.location", Type::text, "", "the function that dropped or consumed it", 18, whole,
            text<&Whole::location>),
      field("trail.dropped_by", Type::text, "", "whose rules decided that: iptables, table and chain", 9, whole,
            text<&Whole::dropped_by>),
      field("trail.from_here", Type::boolean, "", "it was first seen where it was sent, and not received", 3, whole,
            boolean<&Whole::is_from_here>),
      field("trail.awaits_neighbour", Type::boolean, "", "it was not seen to go on since its next hop was asked for", 3,
            whole, boolean<&Whole::awaits_neighbour>),
      field("trail.translated", Type::boolean, "", "its source or destination changed on the way (NAT)", 3, whole,
            boolean<&Whole::is_translated>),
      field("trail.visits", Type::number, "", "how often it came to one device: more than twice is a loop", 3, whole,
            number<&Whole::visits>),
      field("trail.slowest", Type::number, "ns", "the longest time from one of its steps to the next, until its fate",
            9, whole, number<&Whole::slowest_ns>),
      field("trail.queued", Type::number, "ns", "the longest time from a device's queue to its driver", 9, whole,
            number<&Whole::queued_ns>),
      field("trail.complete", Type::boolean, "", "nothing is missing from its first step to its fate", 3, whole,
            boolean<&Whole::is_complete>),
      field("trail.gaps", Type::boolean, "", "events were lost while it was under way", 3, whole,
            boolean<&Whole::has_gaps>),
      field("trail.netns", Type::list, "", "network namespaces that it crossed, by name", 11, whole,
            text<&Whole::netns>),
      field("trail.ifname", Type::list, "", "devices that it crossed, by name", 11, whole, text<&Whole::ifname>),
      field("trail.steps", Type::number, "", "its events", 3, whole, number<&Whole::steps>),
      field("trail.skbs", Type::number, "", "its skbs: one, and those that descend from it", 3, whole,
            number<&Whole::skbs>),
  };
}

Known known_at(const std::vector<const Field*>& chosen) {
  Known latest = Known::with_event;
  for (const auto* field : chosen) latest = std::max(latest, field->known);
  return latest;
}

}  // namespace skbtrail::event
