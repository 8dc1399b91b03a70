#include "trail/owners.h"

#include <utility>

namespace skbtrail::trail {

SocketOwners::Conversation SocketOwners::of(uint64_t socket, const Headers& headers, Local local) {
  Conversation found{socket, headers.src, headers.dst, headers.sport, headers.dport, headers.protocol};
  if (local == Local::destination) {
    std::swap(found.here, found.there);
    std::swap(found.port_here, found.port_there);
  }
  return found;
}

void SocketOwners::note(uint64_t socket, const Headers& headers, Local local, const Task& task) {
  if (!socket || !headers.has_ports) return;
  if (owners_.size() >= kMost) owners_.clear();
  owners_.insert_or_assign(of(socket, headers, local), task);
}

const Task* SocketOwners::find(uint64_t socket, const Headers& headers, Local local) const {
  if (!socket || !headers.has_ports) return nullptr;
  const auto found = owners_.find(of(socket, headers, local));
  return found == owners_.end() ? nullptr : &found->second;
}

}  // namespace skbtrail::trail
