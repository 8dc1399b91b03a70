#include "event/section/neigh.h"

#include <linux/neighbour.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "packet/address.h"
#include "text/fixed_text.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kNeigh = REC_SECTION_NEIGH;

const rec_neigh* known(const Event& event) {
  return event.neigh && event.neigh->known ? event.neigh : nullptr;
}

// NUD_*, include/uapi/linux/neighbour.h; as ip-neighbour(8) calls them.
std::string_view state_name(uint8_t state) {
  switch (state) {
    case NUD_NONE: return "NONE";
    case NUD_INCOMPLETE: return "INCOMPLETE";
    case NUD_REACHABLE: return "REACHABLE";
    case NUD_STALE: return "STALE";
    case NUD_DELAY: return "DELAY";
    case NUD_PROBE: return "PROBE";
    case NUD_FAILED: return "FAILED";
    case NUD_NOARP: return "NOARP";
    case NUD_PERMANENT: return "PERMANENT";
    default: return {};
  }
}

// How often it was asked since it was known last. Where nothing was known of it, counting begins at the number of
// questions that would go to it alone (__neigh_event_send(), net/core/neighbour.c).
uint32_t asked(const rec_neigh& neigh) {
  return neigh.probes > neigh.unicast_probes ? neigh.probes - neigh.unicast_probes : neigh.probes;
}

bool is_asked(const rec_neigh& neigh) {
  return (neigh.state & (NUD_INCOMPLETE | NUD_PROBE | NUD_FAILED)) != 0 && !neigh.has_new_state;
}

bool has_address(const rec_neigh& neigh) {
  return std::any_of(std::begin(neigh.lladdr), std::end(neigh.lladdr), [](uint8_t byte) { return byte != 0; });
}

uint8_t state_of(const rec_neigh& neigh) {
  return neigh.has_new_state ? neigh.new_state : neigh.state;
}

bool is_told(const rec_neigh& neigh) {
  constexpr uint8_t kValid = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;
  return neigh.has_new_state && neigh.new_state & kValid && has_address(neigh);
}

void append_address(Scratch& out, const rec_neigh& neigh) {
  packet::IpAddress address;
  address.version = neigh.family == AF_INET6 ? 6 : neigh.family == AF_INET ? 4 : 0;
  std::copy_n(neigh.address, 16, address.bytes.begin());
  if (address.version) packet::append_address(out, address);
}

void append_lladdr(Scratch& out, const rec_neigh& neigh) {
  packet::MacAddress address;
  std::copy_n(neigh.lladdr, 6, address.bytes.begin());
  packet::append_address(out, address);
}

std::string_view device_of(const rec_neigh& neigh) {
  return text::fixed_text(neigh.device);
}

Value address(const Event& event, Scratch& scratch) {
  if (!known(event)) return kUnknown;
  scratch.clear();
  append_address(scratch, *event.neigh);
  return text::text_in(scratch);
}

Value device(const Event& event, Scratch&) {
  return known(event) && event.neigh->ifindex ? Value(device_of(*event.neigh)) : Value(kUnknown);
}

Value state(const Event& event, Scratch&) {
  const auto name = neigh_state(event);
  return name.empty() ? Value(kUnknown) : Value(name);
}

Value state_before(const Event& event, Scratch&) {
  const auto name = known(event) && event.neigh->has_new_state ? state_name(event.neigh->state) : std::string_view();
  return name.empty() ? Value(kUnknown) : Value(name);
}

Value lladdr(const Event& event, Scratch& scratch) {
  if (!known(event) || !has_address(*event.neigh)) return kUnknown;
  scratch.clear();
  append_lladdr(scratch, *event.neigh);
  return text::text_in(scratch);
}

Value asked(const Event& event, Scratch&) {
  return known(event) && is_asked(*event.neigh) ? Value(uint64_t{asked(*event.neigh)}) : Value(kUnknown);
}

Value in_words(const Event& event, Scratch& scratch) {
  scratch.clear();
  append_neigh(scratch, event);
  return text::text_in(scratch);
}

}  // namespace

std::string_view neigh_state(const Event& event) {
  return known(event) ? state_name(state_of(*event.neigh)) : std::string_view();
}

void append_neigh_asked(Scratch& out, const Event& event) {
  const rec_neigh* neigh = known(event);
  if (!neigh) return;
  out.append(std::string_view("neighbor "));
  append_address(out, *neigh);
  if (neigh->ifindex) fmt::format_to(std::back_inserter(out), " on {}", device_of(*neigh));
  if (!is_asked(*neigh)) return;
  if (const uint32_t times = asked(*neigh); times == 1)
    out.append(std::string_view(" asked once"));
  else if (times > 1)
    fmt::format_to(std::back_inserter(out), " asked {} times", times);
}

void append_neigh(Scratch& out, const Event& event) {
  const rec_neigh* neigh = known(event);
  if (!neigh) return;
  append_neigh_asked(out, event);
  if (is_told(*neigh)) {
    out.append(std::string_view(" is at "));
    append_lladdr(out, *neigh);
  }
  if (const auto name = neigh_state(event); !name.empty()) fmt::format_to(std::back_inserter(out), ": {}", name);
}

std::vector<Field> neigh_fields() {
  constexpr bool sparse = true;
  return {
      {"neigh", Type::text, "", "what became of a neighbor, in words: neighbor 10.0.0.9 on eth0 asked 3 times: FAILED",
       kNeigh, false, 40, sparse, in_words},
      {"neigh_addr", Type::text, "", "its address: that of the next hop", kNeigh, false, 15, sparse, address},
      {"neigh_dev", Type::text, "", "the device that it is at", kNeigh, false, 8, sparse, device},
      {"neigh_state", Type::text, "", "INCOMPLETE (asked for), REACHABLE, STALE, DELAY, PROBE, FAILED, ...", kNeigh,
       false, 10, sparse, state},
      {"neigh_before", Type::text, "", "its state before, where it is changed", kNeigh, false, 10, sparse,
       state_before},
      {"neigh_lladdr", Type::text, "", "its link-layer address, of Ethernet", kNeigh, false, 17, sparse, lladdr},
      {"neigh_asked", Type::number, "", "how often it was asked since it was known last", kNeigh, false, 5, sparse,
       asked},
  };
}

}  // namespace skbtrail::event
