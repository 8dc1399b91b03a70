#include "event/direction.h"

#include <gtest/gtest.h>
#include <linux/if_packet.h>

#include "fake_names.h"
#include "record_builder.h"

namespace skbtrail::event {
namespace {

constexpr uint16_t kFreed = 0, kQueued = 2;  // of FakeNames

packet_direction direction(const test::RecordBuilder& record) {
  static const test::FakeNames names;
  const auto bytes = record.bytes();
  return direction_of(*Event::decode(bytes, names));
}

test::RecordBuilder at(uint16_t probe, int pkt_type) {
  return test::RecordBuilder().probe(probe).pkt_type(static_cast<uint8_t>(pkt_type));
}

TEST(Direction, IsThatOfTheProbeWhateverTheSkbSays) {
  for (const int type : {PACKET_HOST, PACKET_BROADCAST, PACKET_OUTGOING})
    EXPECT_EQ(direction(at(kQueued, type)), DIRECTION_OUT);
}

TEST(Direction, OfAProbeThatDoesNotTellIsTheSkbsIfThatIsMarked) {
  EXPECT_EQ(direction(at(kFreed, PACKET_OUTGOING)), DIRECTION_OUT);
  EXPECT_EQ(direction(at(kFreed, PACKET_MULTICAST)), DIRECTION_IN);
  EXPECT_EQ(direction(at(kFreed, PACKET_HOST)), DIRECTION_UNKNOWN);
  EXPECT_EQ(direction(at(kFreed, PACKET_HOST).flag(REC_FLAG_PKT_TYPE)), DIRECTION_IN);
}

TEST(Direction, OfAnSkbThatIsGoneIsTheProbes) {
  EXPECT_EQ(direction(at(kQueued, PACKET_HOST).flag(REC_FLAG_SKB_NOT_OWNED)), DIRECTION_OUT);
  EXPECT_EQ(direction(at(kFreed, PACKET_OUTGOING).flag(REC_FLAG_SKB_NOT_OWNED)), DIRECTION_UNKNOWN);
}

TEST(Direction, IsToldByTheNamesOfTracepointsFunctionsAndTheirCopies) {
  for (const char* in : {"netif_receive_skb_entry", "ip_rcv", "ip_rcv_core.isra.0", "ipv6_rcv", "tcp_v4_rcv"})
    EXPECT_EQ(direction_at(in), DIRECTION_IN) << in;
  for (const char* out : {"net_dev_xmit", "qdisc_dequeue", "dev_hard_start_xmit", "ip_finish_output2", "ip6_output"})
    EXPECT_EQ(direction_at(out), DIRECTION_OUT) << out;
  for (const char* either : {"kfree_skb", "ip_forward", "nf_hook_slow", "consume_skb", "ip_output_", ""})
    EXPECT_EQ(direction_at(either), DIRECTION_UNKNOWN) << either;
}

}  // namespace
}  // namespace skbtrail::event
