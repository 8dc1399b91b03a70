#include "trail/changes.h"

namespace skbtrail::trail {

namespace {

constexpr uint32_t kNoTag = 0xffff;

Ends ends_of(const packet::IpAddress& address, uint16_t port, bool has_port) {
  return {address, port, has_port};
}

Change change_of(What what, uint32_t from, uint32_t to) {
  Change change{};
  change.what = what;
  change.from = from;
  change.to = to;
  return change;
}

// Of the same packet, as the same one of those in one another.
void compare(std::vector<Change>& changes, const Headers& from, const Headers& to) {
  // Only the first fragment has ports.
  const bool ports = from.has_ports && to.has_ports;
  const auto ends = [&](What what, const packet::IpAddress& a, uint16_t a_port, const packet::IpAddress& b,
                        uint16_t b_port) {
    if (a == b && (!ports || a_port == b_port)) return;
    Change change = change_of(what, 0, 0);
    change.from_ends = ends_of(a, a_port, ports);
    change.to_ends = ends_of(b, b_port, ports);
    changes.push_back(change);
  };
  ends(What::src, from.src, from.sport, to.src, to.sport);
  ends(What::dst, from.dst, from.dport, to.dst, to.dport);
  if (from.protocol && to.protocol && from.ttl != to.ttl) changes.push_back(change_of(What::ttl, from.ttl, to.ttl));
  const bool same_piece = from.fragment_offset == to.fragment_offset;
  if (same_piece && from.total_len && to.total_len && from.total_len != to.total_len)
    changes.push_back(change_of(What::len, from.total_len, to.total_len));
}

void add_tunnel(std::vector<Change>& changes, What what, const Look& look) {
  Change change = change_of(what, look.vni, look.vni);
  change.from_ends = ends_of(look.outer.src, 0, false);
  change.to_ends = ends_of(look.outer.dst, 0, false);
  change.tunnel = look.tunnels;
  changes.push_back(change);
}

uint32_t tag_of(const Look& look) {
  return look.vlan_count ? look.vlans[0] : kNoTag;
}

}  // namespace

void find_changes(std::vector<Change>& changes, const Look& from, const Look& to) {
  if (!from.is_packet() || !to.is_packet()) return;
  if (tag_of(from) != tag_of(to)) changes.push_back(change_of(What::vlan, tag_of(from), tag_of(to)));
  if (to.layers > from.layers) add_tunnel(changes, What::encapsulated, to);
  if (to.layers < from.layers && !to.inner.is_fragment) add_tunnel(changes, What::decapsulated, from);
  // Of a fragment of a tunnel's packet the inner one cannot be seen.
  if (from.inner.protocol != to.inner.protocol || from.inner.src.version != to.inner.src.version) return;
  compare(changes, from.inner, to.inner);
  if (from.layers > 1 && to.layers == from.layers) compare(changes, from.outer, to.outer);
}

}  // namespace skbtrail::trail
