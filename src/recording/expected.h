// Numbers of an skb that mostly follow from its others. A recording keeps what they differ by, which mostly is nothing
// and packs to nothing (packed.h). Sums wrap around, so whatever stands there comes back.
//
//   kept of            what it is expected to be
//   tail               headroom + bytes that are not in fragments: 64-bit kernels keep it as an offset from head
//   end                truesize - 576, of an skb without fragments: SKB_TRUESIZE (include/linux/skbuff.h) adds its own
//                      256 bytes and 320 of skb_shared_info, which are those of x86-64 and arm64
//   network_header     mac_header + mac_len
//   transport_header   network_header
//   headroom           mac_header
//   users, dataref      1: nobody shares it
//   shared_known        1
#pragma once

#include "bpf/record.h"

namespace skbtrail::recording {

// Each undoes the other.
void leave_out_expected(rec_skb& skb, const rec_core& core);
void put_back_expected(rec_skb& skb, const rec_core& core);

}  // namespace skbtrail::recording
