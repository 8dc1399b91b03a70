// What of an event mostly follows from the rest of it. A recording keeps what it differs by, which mostly is nothing
// and packs to nothing (packed.h). Sums wrap around, so whatever stands there comes back.
//
//   of all             what it is expected to be
//   protocol           IPv4, of an event with bytes *
//   sections, flags    those of an event that has all that a recording keeps anyway
//   start_layer        link, and network_offset behind an Ethernet header
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
//   users, dataref     1: nobody shares it
//   shared_known       1
//
//   *                  from version 3 of recordings (format.h) on; network_header was mac_header + mac_len before
//
// The comm of a task is told once, under a number, which stands in its last four bytes instead:
//
//   | pid | tid ^ pid | comm, or zeros |  context | 3 zeros | u32 number; 0: the comm itself is there |
//
// In version 1 nothing of this was left out but tid.
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/record.h"

namespace skbtrail::recording {

// What is put back was left out by a recorder of `version`, 2 or later; leaving out is that of the newest. Those of the
// skb change core.len as well, and want the rest of the core as it was.
void leave_out_expected(rec_core& core);
void put_back_expected(rec_core& core, uint8_t version);
void leave_out_expected(rec_skb& skb, rec_core& core);
void put_back_expected(rec_skb& skb, rec_core& core, uint8_t version);

// A number that most likely no other comm has, on whatever host; 0 for none.
uint32_t number_of_comm(const rec_task& task);
void leave_out_comm(rec_task& task, uint32_t number);
// 0: it is there.
uint32_t number_of_left_out_comm(const rec_task& task);
void put_back_comm(rec_task& task, std::string_view comm);

}  // namespace skbtrail::recording
