// Tracepoints that have no skb among their arguments, and are hit while a packet is worked on, or waits: how its skb is
// found (bpf/stack_packet.h), and which sections their arguments fill. All by the types of their arguments, of which
// the positions are known then.
#pragma once

#include "kernel/btf.h"
#include "probe/tracepoints.h"

namespace skbtrail::probe {

// Of a tracepoint without an skb.
void find_packet(Probe& probe, const kernel::Tracepoint& tracepoint);

}  // namespace skbtrail::probe
