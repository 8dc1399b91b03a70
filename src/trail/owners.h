// Which process has the socket that a packet comes from or goes to: seen where a process itself sends by it or reads
// from it, and remembered for the packets of the same conversation that softirqs send or deliver.
//
// No event tells that a process has ended or closed a socket, the next socket is often at the same address, and a
// server that starts anew has the same port. (/proc is not asked: a recording is read later, elsewhere.) So what was
// seen is believed only
//
//   for kReceives of a packet that is put into the socket's queue. A process that lives uses its socket again, and is
//     seen then; another one takes longer to start, or so it is hoped: this is where the name may still be wrong
//   for kSends of what TCP sends by itself: what a process wrote is sent again and again, after twice the time each
//     time, and is of that process even if it has ended since
//   until another process uses the socket's address, in whatever conversation
//   until another socket is seen in the conversation: what answers a SYN is one
//
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "trail/content.h"
#include "trail/trail.h"

namespace skbtrail::trail {

class SocketOwners {
 public:
  static constexpr size_t kMost = 16'384;             // conversations; beyond, it begins anew
  static constexpr uint64_t kReceives = 100'000'000;  // ns
  static constexpr uint64_t kSends = 10'000'000'000;  // ns; of TCP

  enum class Local : uint8_t { source, destination };  // which end of the packet the socket is

  void note(uint64_t socket, const Headers& headers, Local local, const Task& task, uint64_t now_ns);
  // Null: not known.
  [[nodiscard]] const Task* find(uint64_t socket, const Headers& headers, Local local, uint64_t now_ns);

 private:
  struct Conversation {
    packet::IpAddress here, there;
    uint16_t port_here = 0, port_there = 0;
    uint8_t protocol = 0;

    bool operator==(const Conversation&) const = default;
  };
  struct Hash {
    size_t operator()(const Conversation& of) const;
  };
  struct Use {
    uint64_t socket = 0;
    uint64_t last_ns = 0;
    Task task;
  };

  static Conversation of(const Headers& headers, Local local);

  std::unordered_map<Conversation, Use, Hash> uses_;  // the last of each
  std::unordered_map<uint64_t, uint32_t> users_;      // by socket: the process that was seen with it last
};

}  // namespace skbtrail::trail
