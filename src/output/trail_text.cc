#include "output/trail_text.h"

#include <algorithm>
#include <iterator>

#include "output/time_format.h"
#include "output/wrapped.h"
#include "text/append.h"
#include "text/cgroup_path.h"
#include "text/printable.h"
#include "trail/route.h"

namespace skbtrail::output {

namespace {

using trail::Branch;
using trail::Change;
using trail::Fate;
using trail::Step;
using trail::Trail;
using trail::What;

// Empty: not known.
std::string_view freeing_function(const Trail& trail, const Branch& branch) {
  if (!branch.free_location) return "";
  const auto symbol = trail.names->name(event::NameKind::symbol, branch.free_location);
  return symbol.substr(0, symbol.find('+'));
}

constexpr Signs kUnicode{"→", "µs", "└ ", "×", "█", "←", "═", "✗"};
constexpr Signs kAscii{"->", "us", "`- ", "x", "#", "<-", "=", "X"};

void append_task(fmt::memory_buffer& out, const trail::Task& task) {
  text::append_printable(out, task.comm());
  text::append(out, '[');
  text::append_number(out, task.pid);
  text::append(out, ']');
}

bool has_device(const Trail& trail, uint16_t location) {
  return location != Step::kNone && trail.locations[location].ifindex != 0;
}

// "icmp_rcv"; the address where its name is not known.
void append_freeing_function(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  const auto function = freeing_function(trail, branch);
  if (function.empty())
    text::append_hex(out, branch.free_location);
  else
    text::append_printable(out, function);
}

void append_drop(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  text::append(out, "DROPPED");
  if (branch.has_reason) {
    text::append(out, ": ");
    text::append_printable(out, trail.names->name(event::NameKind::drop_reason, branch.drop_reason));
  }
  if (branch.dropped_by != Step::kNone) {
    text::append(out, " by ");
    text::append_printable(out, trail.decisions[branch.dropped_by].rules());
  }
  if (branch.free_location) {
    text::append(out, branch.dropped_by == Step::kNone ? " in " : ", in ");
    append_freeing_function(out, trail, branch);
  }
  if (has_device(trail, branch.fate_location)) {
    text::append(out, ", at ");
    text::append_printable(out, trail.locations[branch.fate_location].ifname());
  }
}

void append_receiver(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  if (branch.reader != Step::kNone)
    append_task_of(out, trail, trail.tasks[branch.reader]);
  else
    text::append(out, branch.owner == Step::kNone ? "a socket" : "a socket of ");
  if (branch.reader == Step::kNone && branch.owner != Step::kNone)
    append_task_of(out, trail, trail.tasks[branch.owner]);
}

void append_device(fmt::memory_buffer& out, const Trail& trail, const Branch& branch, std::string_view word) {
  if (!has_device(trail, branch.fate_location)) return;
  text::append(out, word);
  text::append_printable(out, trail.locations[branch.fate_location].ifname());
}

const Step* last_step(const Trail& trail, const Branch& branch) {
  const auto at = static_cast<uint16_t>(&branch - trail.branches.data());
  const auto found =
      std::find_if(trail.steps.rbegin(), trail.steps.rend(), [&](const Step& s) { return s.branch == at; });
  return found == trail.steps.rend() ? nullptr : &*found;
}

void append_not_known(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  const bool was_cut = branch.cut != trail::Cut::none;
  text::append(out, trail.end == trail::End::run_ended && !was_cut ? "UNFINISHED" : "NOT KNOWN");
  if (const Step* last = last_step(trail, branch)) {
    text::append(out, " after ");
    text::append_printable(out, trail.names->probe(last->probe));
  }
  if (was_cut)
    text::append(out, branch.cut == trail::Cut::after_loss ? " (events were lost)" : " (its end was not seen)");
  else if (trail.end == trail::End::evicted)
    text::append(out, " (evicted: too many packets under way)");
  else if (trail.end == trail::End::aged)
    text::append(out, " (nothing more was seen of it)");
}

void append_number_change(fmt::memory_buffer& out, std::string_view name, const Change& change, const Signs& signs,
                          bool hex = false) {
  const auto number = [&](uint32_t value) {
    hex&& value ? text::append_hex(out, value) : text::append_number(out, value);
  };
  text::append(out, name);
  number(change.from);
  text::append(out, ' ');
  text::append(out, signs.arrow);
  text::append(out, ' ');
  number(change.to);
}

void append_ends_change(fmt::memory_buffer& out, std::string_view name, const Change& change, const Signs& signs) {
  text::append(out, name);
  append_ends(out, change.from_ends);
  text::append(out, ' ');
  text::append(out, signs.arrow);
  text::append(out, ' ');
  append_ends(out, change.to_ends);
}

void append_vlan(fmt::memory_buffer& out, const Change& change, const Signs& signs) {
  constexpr uint32_t kNone = 0xffff;
  if (change.from != kNone && change.to != kNone) return append_number_change(out, "vlan ", change, signs);
  text::append(out, change.from == kNone ? "+vlan " : "-vlan ");
  text::append_number(out, change.from == kNone ? change.to : change.from);
}

void append_tunnel(fmt::memory_buffer& out, const Change& change, std::string_view how) {
  text::append(out, how);
  const std::string_view name = change.tunnel.data();
  text::append(out, name.empty() ? "another packet" : name);
  if (change.to != trail::Look::kNoVni) {
    text::append(out, ' ');
    text::append_number(out, change.to);
  }
  text::append(out, ", ");
  append_ends(out, change.from_ends);
  text::append(out, " > ");
  append_ends(out, change.to_ends);
}

constexpr size_t kShownId = 12;  // digits, as engines show them
constexpr size_t kLongestUnit = 24;

}  // namespace

void append_task_of(fmt::memory_buffer& out, const Trail& trail, const trail::Task& task) {
  append_task(out, task);
  const auto cgroup = trail.names->name(event::NameKind::cgroup, task.pid);
  if (const auto container = text::container_of(cgroup); !container.empty()) {
    text::append(out, " in container ");
    text::append_printable(out, container.substr(0, kShownId));
    return;
  }
  const auto unit = text::unit_of(cgroup);
  if (!unit.ends_with(".service") || unit.starts_with("user@") || unit.size() > kLongestUnit) return;
  text::append(out, " of ");
  text::append_printable(out, unit);
}

const Signs& signs(bool ascii) {
  return ascii ? kAscii : kUnicode;
}

std::string_view color_of(Fate fate) {
  switch (fate) {
    case Fate::dropped: return kBadColor;
    case Fate::not_known: return kDoubtColor;
    case Fate::captured: return kDimColor;
    default: return kGoodColor;
  }
}

void append_duration(fmt::memory_buffer& out, uint64_t ns, const Signs& signs) {
  struct Unit {
    uint64_t ns;
    std::string_view name;
  };
  const Unit units[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1000, signs.micro}};
  for (const auto& unit : units) {
    if (ns < unit.ns) continue;
    // Three digits tell what there is to know.
    const uint64_t whole = ns / unit.ns;
    text::append_number(out, whole);
    if (whole < 100) {
      const uint64_t hundredths = ns % unit.ns / (unit.ns / 100);
      text::append(out, '.');
      text::append_padded(out, whole < 10 ? hundredths : hundredths / 10, whole < 10 ? 2 : 1);
    }
    text::append(out, ' ');
    return text::append(out, unit.name);
  }
  text::append_number(out, ns);
  text::append(out, " ns");
}

std::string_view checksum_name(uint32_t state) {
  constexpr std::string_view kNames[] = {"none", "unnecessary", "complete", "partial"};
  return kNames[state & 3];
}

void append_netns(fmt::memory_buffer& out, const Trail& trail, uint32_t netns) {
  text::append_printable(out, trail.names->name(event::NameKind::netns, netns));
}

void append_ends(fmt::memory_buffer& out, const trail::Ends& ends) {
  packet::append_address(out, ends.address);
  if (!ends.has_port) return;
  text::append(out, ends.address.version == 6 ? '.' : ':');
  text::append_number(out, ends.port);
}

// Another trail is named by the time in its first line.
void append_merge(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  if (branch.into != Branch::kNone) return text::append(out, "MERGED into another skb of this packet");
  if (!branch.into_trail) return text::append(out, "MERGED into another packet");
  text::append(out, "MERGED into the packet of ");
  TimeFormat(TimeStyle::clock).append(out, branch.into_ns, trail.names->time_of_day_ns(branch.into_ns));
}

void append_branch_fate(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  switch (branch.fate) {
    case Fate::dropped: return append_drop(out, trail, branch);
    case Fate::merged: return append_merge(out, trail, branch);
    case Fate::delivered: text::append(out, "DELIVERED to "); return append_receiver(out, trail, branch);
    case Fate::captured: text::append(out, "captured by "); return append_receiver(out, trail, branch);
    case Fate::to_program:
      text::append(out, branch.reader == Step::kNone ? "HANDED to a program" : "READ by ");
      if (branch.reader != Step::kNone) append_task_of(out, trail, trail.tasks[branch.reader]);
      return append_device(out, trail, branch, branch.reader == Step::kNone ? " behind " : " from ");
    case Fate::forwarded: text::append(out, "FORWARDED"); return append_device(out, trail, branch, " out of ");
    case Fate::sent: text::append(out, "SENT"); return append_device(out, trail, branch, " out of ");
    case Fate::consumed:
      // What is in the frag_list of another skb.
      if (freeing_function(trail, branch) == "skb_release_data")
        return text::append(out, "FREED with the packet that it is part of");
      text::append(out, "CONSUMED by ");
      if (branch.free_location)
        append_freeing_function(out, trail, branch);
      else
        text::append(out, branch.is_accepted ? "TCP" : "the kernel");
      if (branch.is_benign) {
        text::append(out, ": ");
        text::append(out, branch.benign);
      }
      return;
    case Fate::not_known: break;
  }
  append_not_known(out, trail, branch);
}

void append_descent(fmt::memory_buffer& out, const Trail& trail, const Branch& branch) {
  text::append(out, trail::lineage_name(branch.lineage));
  if (branch.parent == Branch::kNone) return;
  // The first packet to a neighbour waits, and a copy of it goes with the question who has the address
  // (neigh_probe(), net/core/neighbour.c).
  const auto function = freeing_function(trail, branch);
  if (function == "__neigh_event_send" || function == "neigh_probe")
    text::append(out, " to ask who has the next hop");
  else if (branch.is_freed && branch.last_ns < trail.branches[branch.parent].first_ns)
    text::append(out, ", freed before the packet was first seen");
}

void append_fate(fmt::memory_buffer& out, const Trail& trail) {
  if (trail.branches.empty()) return;
  Branch branch = trail.decisive();
  if (trail.fate == branch.fate) return append_branch_fate(out, trail, trail.decisive());
  append_not_known(out, trail, trail.decisive());
}

void append_way(fmt::memory_buffer& out, const Trail& trail, const Signs& signs) {
  const auto arrow = [&] {
    text::append(out, ' ');
    text::append(out, signs.arrow);
    text::append(out, ' ');
  };
  const trail::Way way = trail::way_of(trail);
  uint32_t netns = 0;
  bool is_first = true;
  for (const uint32_t at : way.steps) {
    const auto& location = trail.locations[trail.steps[at].location];
    if (is_first) {
      is_first = false;
      if (way.sender != Step::kNone)
        append_task(out, trail.tasks[way.sender]);
      else if (way.comes_in)
        text::append_printable(out, location.ifname());
      if (way.sender != Step::kNone || way.comes_in) arrow();
    } else if (!location.netns || location.netns == netns) {
      continue;
    } else {
      arrow();
    }
    netns = location.netns;
    append_netns(out, trail, netns);
  }
}

void append_change(fmt::memory_buffer& out, const Change& change, const Signs& signs) {
  if (change.by_nat) text::append(out, "NAT ");
  switch (change.what) {
    case What::src: return append_ends_change(out, "src ", change, signs);
    case What::dst: return append_ends_change(out, "dst ", change, signs);
    case What::ttl: return append_number_change(out, "ttl ", change, signs);
    case What::mark: return append_number_change(out, "mark ", change, signs, true);
    case What::len: return append_number_change(out, "length ", change, signs);
    case What::vlan: return append_vlan(out, change, signs);
    case What::checksum:
      text::append(out, "checksum ");
      text::append(out, checksum_name(change.from));
      text::append(out, ' ');
      text::append(out, signs.arrow);
      text::append(out, ' ');
      return text::append(out, checksum_name(change.to));
    case What::encapsulated: return append_tunnel(out, change, "into ");
    case What::decapsulated: return append_tunnel(out, change, "out of ");
  }
}

}  // namespace skbtrail::output
