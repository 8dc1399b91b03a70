// Which way a packet goes at a device: what `inbound` and `outbound` ask for.
//
// skb->pkt_type alone does not say it. The kernel sets PACKET_OUTGOING only on the copies that it hands to packet
// sockets (dev_queue_xmit_nit(), net/core/dev.c), and PACKET_HOST, which is 0, is also what an skb on its way out has
// where none was set. Where the probe lies tells more: what is handed to a driver goes out, whatever the skb says.
//
//                             PACKET_HOST   _BROADCAST, _MULTICAST, ...   PACKET_OUTGOING   not known
//   probe on the way out      out           out                           out               out
//   probe on the way in       in            in                            in                in
//   any other                 unknown       in                            out               unknown
//
// What another program has captured with a direction is known (REC_FLAG_PKT_TYPE).
#pragma once

#include <string_view>

#include "bpf/config.h"
#include "event/event.h"

namespace skbtrail::event {

// At a probe of this name, whether it is a tracepoint or a function.
packet_direction direction_at(std::string_view probe);

// Of an event at a probe that tells this.
packet_direction direction_of(const Event& event, packet_direction at_probe);

inline packet_direction direction_of(const Event& event) {
  return direction_of(event, direction_at(event.names->probe(event.core->probe)));
}

}  // namespace skbtrail::event
