// Which process has the socket that a packet comes from or goes to: seen where a process itself sends by it or reads
// from it, and remembered for the packets of the same conversation that softirqs send or deliver.
//
// A socket's address is used again, so it counts together with the addresses and ports of both ends. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "trail/content.h"
#include "trail/trail.h"

namespace skbtrail::trail {

class SocketOwners {
 public:
  static constexpr size_t kMost = 16'384;  // conversations; beyond, it begins anew

  enum class Local : uint8_t { source, destination };  // which end of the packet the socket is

  void note(uint64_t socket, const Headers& headers, Local local, const Task& task);
  // Null: not known.
  [[nodiscard]] const Task* find(uint64_t socket, const Headers& headers, Local local) const;

 private:
  struct Conversation {
    uint64_t socket = 0;
    packet::IpAddress here, there;
    uint16_t port_here = 0, port_there = 0;
    uint8_t protocol = 0;

    bool operator==(const Conversation&) const = default;
  };
  struct Hash {
    size_t operator()(const Conversation& of) const {
      const uint64_t ports = uint64_t{of.port_here} << 16 | of.port_there;
      return (of.socket ^ ports << 32) * 0x9e3779b97f4a7c15;
    }
  };

  static Conversation of(uint64_t socket, const Headers& headers, Local local);

  std::unordered_map<Conversation, Task, Hash> owners_;
};

}  // namespace skbtrail::trail
