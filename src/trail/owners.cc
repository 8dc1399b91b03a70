#include "trail/owners.h"

#include <netinet/in.h>

#include <cstring>
#include <utility>

namespace skbtrail::trail {

size_t SocketOwners::Hash::operator()(const Conversation& of) const {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  uint64_t hash = uint64_t{of.port_here} << 16 | of.port_there;
  for (const packet::IpAddress* address : {&of.here, &of.there}) {
    uint64_t halves[2] = {};
    std::memcpy(halves, address->bytes.data(), address->version == 6 ? 16 : 4);
    for (const uint64_t half : halves) hash = (hash ^ half) * kMultiplier ^ hash >> 29;
  }
  return hash;
}

SocketOwners::Conversation SocketOwners::of(const Headers& headers, Local local) {
  Conversation found{headers.src, headers.dst, headers.sport, headers.dport, headers.protocol};
  if (local == Local::destination) {
    std::swap(found.here, found.there);
    std::swap(found.port_here, found.port_there);
  }
  return found;
}

void SocketOwners::note(uint64_t socket, const Headers& headers, Local local, const Task& task, uint64_t now_ns) {
  if (!socket || !headers.has_ports) return;
  if (uses_.size() >= kMost) uses_.clear();
  if (users_.size() >= kMost) users_.clear();
  uses_.insert_or_assign(of(headers, local), Use{socket, now_ns, task});
  users_.insert_or_assign(socket, task.pid);
}

const Task* SocketOwners::find(uint64_t socket, const Headers& headers, Local local, uint64_t now_ns) {
  if (!socket || !headers.has_ports) return nullptr;
  const auto found = uses_.find(of(headers, local));
  if (found == uses_.end()) return nullptr;
  const Use& use = found->second;
  const uint64_t believed = local == Local::source && headers.protocol == IPPROTO_TCP ? kSends : kReceives;
  const auto user = users_.find(socket);
  const bool is_the_same = use.socket == socket && user != users_.end() && user->second == use.task.pid;
  if (is_the_same && now_ns <= use.last_ns + believed) return &use.task;
  if (!is_the_same) uses_.erase(found);
  return nullptr;
}

}  // namespace skbtrail::trail
