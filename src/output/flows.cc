#include "output/flows.h"

#include <algorithm>
#include <tuple>

#include "packet/protocol_names.h"

namespace skbtrail::output {

namespace {

constexpr uint16_t kArp = 0x806, kNoIp = 0x100;

std::string name_of(uint16_t kind) {
  if (kind == kArp) return "arp";
  if (kind >= kNoIp) return "packets";
  const char* name = packet::protocol_name(static_cast<uint8_t>(kind));
  return name ? name : fmt::format("protocol {}", kind);
}

auto order_of(const packet::IpAddress& address) {
  return std::tuple(address.version, address.bytes);
}

void append_end(std::string& text, const packet::IpAddress& address, uint16_t port, bool has_port) {
  fmt::memory_buffer end;
  trail::Ends ends;
  ends.address = address;
  ends.port = port;
  ends.has_port = has_port;
  append_ends(end, ends);
  text.append(end.data(), end.size());
}

}  // namespace

bool Flows::Key::operator<(const Key& other) const {
  const auto all = [](const Key& key) {
    return std::tuple(order_of(key.low), order_of(key.high), key.low_port, key.high_port, key.kind);
  };
  return all(*this) < all(other);
}

Flows::Key Flows::key_of(const Ends& ends, uint16_t kind) {
  const auto src = std::tuple(order_of(ends.src), ends.sport), dst = std::tuple(order_of(ends.dst), ends.dport);
  if (src < dst) return {ends.src, ends.dst, ends.sport, ends.dport, kind};
  return {ends.dst, ends.src, ends.dport, ends.sport, kind};
}

// After NAT.
Flows::Ends Flows::last_ends(const trail::Trail& trail, Ends ends) {
  for (const auto& change : trail.changes) {
    if (change.what == trail::What::src && change.from_ends.address == ends.src) {
      ends.src = change.to_ends.address;
      ends.sport = change.to_ends.port;
    }
    if (change.what == trail::What::dst && change.from_ends.address == ends.dst) {
      ends.dst = change.to_ends.address;
      ends.dport = change.to_ends.port;
    }
  }
  return ends;
}

Flows::Flow* Flows::find(const trail::Trail& trail) {
  const auto& headers = trail.first.inner;
  const bool is_ip = trail.has_first && headers.src.version;
  const bool is_arp = trail.first.ethertype == kArp;
  const uint16_t kind = is_arp ? kArp : is_ip ? headers.protocol : kNoIp;
  Ends ends;
  if (is_ip) ends = {headers.src, headers.dst, headers.sport, headers.dport};
  const Ends last = last_ends(trail, ends);
  auto found = known_.find(key_of(ends, kind));
  if (found == known_.end()) found = known_.find(key_of(last, kind));
  if (found == known_.end()) {
    if (flows_.size() >= kMost) return nullptr;
    Flow flow;
    flow.name = name_of(kind);
    if (is_ip) {
      flow.name += ' ';
      append_end(flow.name, ends.src, ends.sport, headers.has_ports);
      flow.name += " > ";
      append_end(flow.name, ends.dst, ends.dport, headers.has_ports);
    }
    flow.client = ends.src;
    flow.client_port = ends.sport;
    flows_.push_back(std::move(flow));
    found = known_.emplace(key_of(ends, kind), flows_.size() - 1).first;
  }
  const size_t at = found->second;
  if (known_.size() < 2 * kMost) {
    known_.emplace(key_of(ends, kind), at);
    known_.emplace(key_of(last, kind), at);
  }
  return &flows_[at];
}

void Flows::add(const trail::Trail& trail, const Signs& signs) {
  if (trail.branches.empty()) return;
  Flow* flow = find(trail);
  if (!flow) {
    skipped_++;
    return;
  }
  const auto& headers = trail.first.inner;
  const Ends last = last_ends(trail, {headers.src, headers.dst, headers.sport, headers.dport});
  const bool from_client = (headers.src == flow->client && headers.sport == flow->client_port);
  const bool to_client = last.dst == flow->client && last.dport == flow->client_port;
  const bool is_reply = to_client && !from_client;
  (is_reply ? flow->replies : flow->packets)++;
  auto pieces = draw(trail, trail::route_of(trail), trail.decisive(), trail.fate, signs);
  // After which probe nothing more was seen of a packet makes no way of its own.
  if (trail.fate == trail::Fate::not_known) pieces.back().text = "NOT KNOWN";
  const auto same = std::find_if(flow->ways.begin(), flow->ways.end(),
                                 [&](const Way& way) { return way.is_reply == is_reply && way.pieces == pieces; });
  if (same != flow->ways.end()) return same->times.add(trail.total_ns);
  if (flow->ways.size() >= kMostRoutes) {
    flow->skipped++;
    return;
  }
  flow->ways.push_back({std::move(pieces), is_reply, {}});
  flow->ways.back().times.add(trail.total_ns);
}

}  // namespace skbtrail::output
