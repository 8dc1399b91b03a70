// What it means for a packet that it was at a probe, by the probe's name: a tracepoint's, or a function's.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "event/names.h"

namespace skbtrail::trail {

enum class Role : uint8_t {
  other,
  receives,     // a device or its driver handed it in
  handles,      // on its way up, after that
  queues,       // handed to a device for sending
  starts_xmit,  // handed to the driver
  ends_xmit,    // what the driver said; the skb may be another's by now
  starts_gro,   // and handed in
  ends_gro,     // what became of the one that was handed in; has no skb
  merges,       // its bytes are another one's now
  kfree,        // freed as dropped
  consume,      // freed otherwise
  accepts,      // its TCP connection has it, and will tell if it is dropped all the same
  reads,        // copied to a program
  wakes,        // put into a socket's queue, of which its reader is told
  to_program,   // put into the queue of a tun device
  captures,     // seen by a packet socket
  decides_xdp,  // an XDP program has it (of any name: told by the section `program`)
  coalesces,    // became part of another skb outside GRO: of one in a socket's queue, or of a datagram
};

// A device handed it in: the packet comes into a namespace.
constexpr bool comes_in(Role role) {
  return role == Role::receives || role == Role::starts_gro;
}

// What ends_gro says (enum gro_result, linux/netdevice.h), as far as all kernels have the same.
enum class Gro : int32_t { merged, merged_and_freed, held, normal };

// A packet that comes here again at the same device is another one. 0: it may come here often.
struct Mark {
  Role role = Role::other;
  uint8_t once = 0;  // a number for each such probe
};

// A function of the name of a tracepoint is not that tracepoint: kfree_skb() is called for skbs that live on, too.
Mark mark_of(std::string_view probe, bool is_function);

// The same, kept for the numbers of one source of names.
class Marks {
 public:
  Mark of(uint16_t probe, const event::Names& names) {
    if (probe < known_.size() && is_known_[probe]) return known_[probe];
    return look_up(probe, names);
  }

 private:
  Mark look_up(uint16_t probe, const event::Names& names);

  std::vector<Mark> known_;
  std::vector<uint8_t> is_known_;
};

}  // namespace skbtrail::trail
