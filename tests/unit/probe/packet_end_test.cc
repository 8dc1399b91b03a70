// Where a packet ends, by the name of the probe.
#include "probe/packet_end.h"

#include <gtest/gtest.h>

namespace skbtrail::probe {
namespace {

TEST(PacketEnd, IsAtTheTracepointsOfFrees) {
  EXPECT_EQ(end_at_tracepoint("kfree_skb"), END_HERE);
  EXPECT_EQ(end_at_tracepoint("consume_skb"), END_HERE);
  EXPECT_EQ(end_at_tracepoint("netif_rx"), END_NOT);
}

TEST(PacketEnd, IsNotAtAFunctionThatFreesWhatIsNeededByNobodyElse) {
  EXPECT_EQ(end_at_function("kfree_skb"), END_BEGUN);
  EXPECT_EQ(end_at_function("kfree_skbmem"), END_BEGUN);
  EXPECT_EQ(end_at_function("skb_release_data.part.0"), END_BEGUN);
  EXPECT_EQ(end_at_function("__kfree_skb"), END_BEGUN);
  EXPECT_EQ(end_at_function("tcp_wfree"), END_BEGUN);
  EXPECT_EQ(end_at_function("ip_rcv"), END_NOT);
}

}  // namespace
}  // namespace skbtrail::probe
