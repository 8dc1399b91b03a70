// Sequence numbers of TCP relative to where a connection began, as people read them.
//
//   Flags [S], seq 2843018471, ...       a SYN: as it is on the wire
//   Flags [P.], seq 1:6, ack 1, ...      from there on: the first byte of the stream is 1
//
// Where the beginning was not seen, the first segment of each direction has its numbers as on the wire, at each probe
// that it crosses, and what comes later counts from them. What lies before that is shown as on the wire, too.
//
// Connections are known by addresses and ports alone: one that crosses network namespaces has the same numbers in all.
// Memory is bounded: kSlots connections; one that takes another's slot makes that begin anew.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "packet/packet.h"

namespace skbtrail::output {

class TcpFlows {
 public:
  static constexpr size_t kSlots = 4096;

  // Changes the numbers of the packet, and nothing if it is not TCP or its header is not whole.
  void make_relative(packet::Packet& packet);

 private:
  struct Endpoint {
    packet::IpAddress address{};
    uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
  };
  struct Base {
    uint32_t number = 0;
    bool is_first_byte = false;  // the SYN's: the stream begins after it
  };
  struct Flow {
    std::array<Endpoint, 2> ends;
    std::array<std::optional<Base>, 2> bases;  // of what each of them sends
  };

  Flow& flow_of(const Endpoint& from, const Endpoint& to, size_t& direction);
  static uint32_t relative(const std::optional<Base>& base, uint32_t number);

  std::vector<Flow> flows_;
};

}  // namespace skbtrail::output
