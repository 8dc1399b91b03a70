#include "recording/expected.h"

#include <cstdint>

namespace skbtrail::recording {

namespace {

constexpr uint32_t kOwnSize = 576;

uint32_t linear_end(const rec_skb& skb, const rec_core& core) {
  return skb.headroom + core.len - skb.data_len;
}

}  // namespace

// Each line uses only what the lines behind it still have to change.
void leave_out_expected(rec_skb& skb, const rec_core& core) {
  skb.tail -= linear_end(skb, core);
  skb.end -= skb.truesize - kOwnSize;
  skb.transport_header = static_cast<uint16_t>(skb.transport_header - skb.network_header);
  skb.network_header = static_cast<uint16_t>(skb.network_header - (skb.mac_header + skb.mac_len));
  skb.headroom = static_cast<uint16_t>(skb.headroom - skb.mac_header);
  skb.users--;
  if (skb.shared_known) skb.dataref--;
  skb.shared_known ^= 1;
}

// The same lines from the last to the first.
void put_back_expected(rec_skb& skb, const rec_core& core) {
  skb.shared_known ^= 1;
  if (skb.shared_known) skb.dataref++;
  skb.users++;
  skb.headroom = static_cast<uint16_t>(skb.headroom + skb.mac_header);
  skb.network_header = static_cast<uint16_t>(skb.network_header + (skb.mac_header + skb.mac_len));
  skb.transport_header = static_cast<uint16_t>(skb.transport_header + skb.network_header);
  skb.end += skb.truesize - kOwnSize;
  skb.tail += linear_end(skb, core);
}

}  // namespace skbtrail::recording
