// Much of an event can be predicted from the rest of it. A recording keeps the residual, the difference to what is
// predicted, which mostly is nothing and packs to nothing (packed.h). Sums wrap around, so whatever is there comes
// back.
//
//   of all             the prediction
//   protocol           IPv4, of an event with bytes *
//   sections, flags    those of an event that has all that a recording keeps anyway
//   start_layer        link, and network_offset after an Ethernet header
//   len                wire_len, without what lies between the start of the bytes and the skb's data (needs the skb) *
//
//   of the skb
//   tail               headroom + bytes that are not in fragments: 64-bit kernels keep it as an offset from head
//   end                truesize - 576, of an skb without fragments: SKB_TRUESIZE (include/linux/skbuff.h) adds its own
//                      256 bytes and 320 of skb_shared_info, which are those of x86-64 and arm64
//   network_header     mac_header + network_offset, if the bytes start at the link layer *, or else + mac_len
//   transport_header   network_header
//   mac_len            headroom - mac_header: what has been pulled *
//   headroom           mac_header
//   users, dataref     1: it is not shared
//   shared_known       1
//
//   *                  from version 3 of recordings (format.h) on; network_header was mac_header + mac_len before
//
// The comm of a task is told once, under a number, which its last four bytes have instead:
//
//   | pid | tid ^ pid | comm, or zeros |  context | 3 zeros | u32 number; 0: the comm itself is there |
//
// In version 1 nothing of this was skipped but tid.
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/record.h"

namespace skbtrail::recording {

// Residuals are made as the newest version does, and read as a recorder of `version`, 2 or later, made them. Those of
// the skb change core.len as well, and want the rest of the core as it was.
void to_residual(rec_core& core);
void from_residual(rec_core& core, uint8_t version);
void to_residual(rec_skb& skb, rec_core& core);
void from_residual(rec_skb& skb, rec_core& core, uint8_t version);

// A number that most likely no other comm has, on whatever host; 0 for none.
uint32_t number_of_comm(const rec_task& task);
void name_comm(rec_task& task, uint32_t number);
// 0: it is there.
uint32_t number_of_named_comm(const rec_task& task);
void restore_comm(rec_task& task, std::string_view comm);

}  // namespace skbtrail::recording
