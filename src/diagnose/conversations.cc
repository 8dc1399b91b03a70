#include "diagnose/conversations.h"

#include <algorithm>
#include <cstring>

#include "diagnose/trail_subject.h"

namespace skbtrail::diagnose {

namespace {

using trail::Role;
using trail::Step;
using trail::Trail;

class Digest {
 public:
  void add(uint64_t word) {
    value_ = (value_ ^ word) * 0x9e3779b97f4a7c15ULL;
    value_ ^= value_ >> 29;
  }
  void add(const packet::IpAddress& address) {
    uint64_t words[2];
    std::memcpy(words, address.bytes.data(), sizeof(words));
    add(words[0]);
    add(words[1] ^ address.version);
  }
  [[nodiscard]] uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0x243f6a8885a308d3ULL;
};

// What a packet that is sent again has in common with the first, at the probe where both are first seen. An
// acknowledgement has the sequence number of what is sent next, and no bytes tell it from a FIN.
uint64_t digest_of(const Trail& trail) {
  const trail::Headers& headers = trail.first.inner;
  Digest digest;
  digest.add(uint64_t{headers.sequence} << 32 | headers.total_len);
  digest.add(uint64_t{headers.protocol} << 24 | uint64_t{headers.type} << 16 | uint64_t{headers.ttl} << 8 |
             headers.payload_known | uint64_t{headers.control} << 32);
  uint64_t words[2];
  std::memcpy(words, headers.payload.data(), sizeof(words));
  digest.add(words[0]);
  digest.add(words[1]);
  const Step& first = trail.steps.front();
  digest.add(uint64_t{first.probe} << 32);
  if (first.location != Step::kNone)
    digest.add(uint64_t{trail.locations[first.location].netns} << 32 | trail.locations[first.location].ifindex);
  return digest.value();
}

std::vector<uint32_t> namespaces_of(const Trail& trail) {
  std::vector<uint32_t> all;
  for (const auto& location : trail.locations)
    if (location.netns && std::find(all.begin(), all.end(), location.netns) == all.end()) all.push_back(location.netns);
  return all;
}

bool shares_one(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  if (a.empty() || b.empty()) return true;
  return std::any_of(a.begin(), a.end(), [&](uint32_t n) { return std::find(b.begin(), b.end(), n) != b.end(); });
}

}  // namespace

std::vector<Way> ways_of(const Trail& trail) {
  const auto is_of = trail.line_of(trail.fate_branch);
  std::vector<Way> ways;
  for (const auto& step : trail.steps) {
    if (!is_of[step.branch] || step.is_return || step.location == Step::kNone) continue;
    const trail::Location& location = trail.locations[step.location];
    const bool comes = comes_in(step.role);
    if (!location.netns || !location.ifindex || (!comes && step.role != Role::queues)) continue;
    auto way = std::find_if(ways.begin(), ways.end(), [&](const Way& w) { return w.netns == location.netns; });
    if (way == ways.end()) way = ways.insert(ways.end(), {location.netns, 0, 0, {}, {}});
    if (comes && !way->in && !way->out) {
      way->in = location.ifindex;
      way->in_name = location.ifname();
    }
    if (!comes) {
      way->out = location.ifindex;
      way->out_name = location.ifname();
    }
  }
  return ways;
}

size_t Conversations::Hash::operator()(const Key& key) const {
  Digest digest;
  digest.add(reinterpret_cast<uintptr_t>(key.names));
  digest.add(key.low);
  digest.add(key.high);
  digest.add(uint64_t{key.low_port} << 32 | uint64_t{key.high_port} << 16 | uint64_t{key.protocol} << 8 | key.turn);
  return digest.value();
}

Conversations::Ends Conversations::ends_of(const event::Names* names, uint8_t protocol, const packet::IpAddress& src,
                                           uint16_t sport, const packet::IpAddress& dst, uint16_t dport) {
  Ends ends;
  if (!src.version || !dst.version || (src == dst && sport == dport)) return ends;
  ends.is_flow = true;
  ends.is_from_low = src == dst ? sport < dport : src.bytes < dst.bytes;
  ends.key = {names,
              ends.is_from_low ? src : dst,
              ends.is_from_low ? dst : src,
              ends.is_from_low ? sport : dport,
              ends.is_from_low ? dport : sport,
              protocol,
              0};
  return ends;
}

Conversations::Entry* Conversations::look_up(Key& key, const std::vector<uint32_t>& netns, uint64_t now_ns) {
  for (key.turn = 0; key.turn < kMostTurns; key.turn++) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    const auto flow = found->second.flow;
    if (flow->last_ns + kSilence < now_ns) {
      remove(flow);
      return nullptr;
    }
    if (shares_one(flow->netns, netns)) return &found->second;
  }
  return nullptr;
}

// A packet that crossed namespaces tells that what events had made flows of their own there is one flow.
void Conversations::join_marks(Flow& flow, uint8_t way, const Ends& ends, const std::vector<uint32_t>& netns) {
  Key key = ends.key;
  while (++key.turn < kMostTurns) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    const Entry& other = found->second;
    if (!shares_one(other.flow->netns, netns)) continue;
    const auto its_way = static_cast<uint8_t>(ends.is_from_low ? other.low_way : 1 - other.low_way);
    flow.ways[way].marks |= other.flow->ways[its_way].marks;
    flow.ways[1 - way].marks |= other.flow->ways[1 - its_way].marks;
  }
}

void Conversations::add_key(Flows::iterator flow, const Ends& ends, uint8_t way) {
  if (!ends.is_flow || ends.key.turn >= kMostTurns || flow->keys.size() >= kMostKeys) return;
  const auto low_way = static_cast<uint8_t>(ends.is_from_low ? way : 1 - way);
  if (by_key_.try_emplace(ends.key, Entry{flow, low_way}).second) flow->keys.push_back(ends.key);
}

void Conversations::remove(Flows::iterator flow) {
  for (const auto& key : flow->keys) by_key_.erase(key);
  flows_.erase(flow);
}

Conversations::Found Conversations::find(const Trail& trail) {
  if (!trail.has_first || trail.steps.empty() || trail.branches.empty()) return {};
  const trail::Headers& headers = trail.first.inner;
  if (headers.fragment_offset) return {};
  const Subject last = subject_of(trail, At::fate);
  return find(ends_of(trail.names, headers.protocol, headers.src, headers.sport, headers.dst, headers.dport),
              ends_of(trail.names, headers.protocol, last.src, last.sport, last.dst, last.dport), namespaces_of(trail),
              trail.last_ns);
}

// Of a tunnel's packet the trail tells.
Conversations::Found Conversations::find(const event::Event& event) {
  const auto* packet = event.packet();
  if (!packet || packet->inner || !packet->ip || packet->ip->fragment_offset) return {};
  const Subject subject = subject_of(event);
  const Ends ends = ends_of(event.names, subject.protocol, subject.src, subject.sport, subject.dst, subject.dport);
  std::vector<uint32_t> netns;
  if (subject.netns) netns.push_back(subject.netns);
  return find(ends, ends, netns, event.core->time_ns);
}

Conversations::Found Conversations::find(Ends begin, Ends end, const std::vector<uint32_t>& netns, uint64_t now_ns) {
  if (!begin.is_flow) return {};
  const Entry* entry = look_up(begin.key, netns, now_ns);
  const Ends* known_by = &begin;
  if (const Entry* other = entry || !end.is_flow ? nullptr : look_up(end.key, netns, now_ns)) {
    entry = other;
    known_by = &end;
  }
  uint8_t way = 0;
  Flows::iterator flow;
  if (entry) {
    flow = entry->flow;
    way = known_by->is_from_low ? entry->low_way : static_cast<uint8_t>(1 - entry->low_way);
    flows_.splice(flows_.end(), flows_, flow);
    join_marks(*flow, way, *known_by, netns);
  } else {
    if (begin.key.turn >= kMostTurns) return {};
    if (flows_.size() >= kMost) remove(flows_.begin());
    flow = flows_.insert(flows_.end(), Flow{});
  }
  flow->last_ns = std::max(flow->last_ns, now_ns);
  for (const uint32_t one : netns)
    if (flow->netns.size() < kMostNetns && std::find(flow->netns.begin(), flow->netns.end(), one) == flow->netns.end())
      flow->netns.push_back(one);
  add_key(flow, begin, way);
  if (!(end.key == begin.key)) add_key(flow, end, way);
  return {&flow->ways[way], &flow->ways[1 - way]};
}

uint32_t Conversations::note_sent(OneWay& way, const Trail& trail) {
  uint32_t again = 0;
  for (const auto& branch : trail.branches) again += branch.lineage == trail::Lineage::retransmission;
  // The rest of a packet whose trail was told before.
  if (trail.continues) return 1;
  const uint64_t digest = digest_of(trail);
  const uint32_t id = trail.first.inner.has_id ? trail.first.inner.id : 0;
  const auto known =
      std::find_if(way.sent.begin(), way.sent.end(), [&](const OneWay::Sent& sent) { return sent.digest == digest; });
  if (known == way.sent.end()) {
    if (way.sent.size() >= OneWay::kMostSent) way.sent.erase(way.sent.begin());
    way.sent.push_back({digest, id, 1 + again});
    return 1 + again;
  }
  // A packet that is sent again has another identification; with the same one it is the same packet.
  if (!id || known->id != id) known->times += 1 + again;
  known->id = id;
  return known->times;
}

void Conversations::forget() {
  by_key_.clear();
  flows_.clear();
}

}  // namespace skbtrail::diagnose
