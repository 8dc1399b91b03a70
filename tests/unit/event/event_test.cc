// Records to events.
#include "event/event.h"

#include <gtest/gtest.h>

#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::FakeNames;
using test::RecordBuilder;

const FakeNames kNames;

TEST(Event, ACoreAloneIsAWholeEvent) {
  auto record = RecordBuilder().time(5).cpu(1).bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->core->time_ns, 5u);
  EXPECT_EQ(event->core->cpu, 1);
}

TEST(Event, AbsentSectionsAreUnknown) {
  auto record = RecordBuilder().bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event);
  EXPECT_FALSE(event->device || event->task || event->drop || event->result || event->skb);
  EXPECT_TRUE(event->bytes.empty());
  EXPECT_EQ(event->packet(), nullptr);
}

TEST(Event, SectionsStandInTheOrderOfTheirBits) {
  auto record = test::full_record().bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event);
  ASSERT_TRUE(event->device && event->task && event->drop && event->result && event->skb);
  EXPECT_STREQ(event->device->name, "veth0");
  EXPECT_STREQ(event->task->comm, "ping");
  EXPECT_EQ(event->drop->reason, 2u);
  EXPECT_EQ(event->result->value, -1);
  EXPECT_EQ(event->skb->truesize, 768u);
  EXPECT_EQ(event->bytes.size(), test::tcp_syn().size());
}

TEST(Event, ASectionIsFoundBehindAnAbsentOne) {
  auto record = RecordBuilder().drop(7, 2).skb(test::full_skb()).bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event);
  EXPECT_FALSE(event->device || event->task || event->result);
  EXPECT_EQ(event->drop->location, 7u);
  EXPECT_EQ(event->skb->end, 320u);
}

// Each beginning is copied to a block of its own size, so that the sanitizers see a byte read too far.
TEST(Event, ARecordCutBeforeItsPacketIsNone) {
  auto whole = test::full_record().bytes();
  for (size_t length = 0; length < whole.size() - test::tcp_syn().size(); length++) {
    RecordBuilder::Record cut(whole.begin(), whole.begin() + static_cast<long>(length));
    EXPECT_FALSE(Event::decode(cut, kNames)) << length;
  }
}

// A record is as long as the ring says, to the byte, so what is left behind the sections is the packet.
TEST(Event, AllBehindTheSectionsIsThePacket) {
  auto record = test::full_record().bytes();
  record.resize(record.size() + 7);
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->bytes.size(), test::tcp_syn().size() + 7);
}

TEST(Event, ASectionThatIsInNoTableMakesItNone) {
  const uint32_t known = rec_sections_at(REC_TOLD);
  for (uint32_t bit = 1; bit; bit <<= 1) {
    if (known & bit) continue;
    RecordBuilder builder = test::full_record();
    builder.core().sections = bit;
    EXPECT_FALSE(Event::decode(builder.bytes(), kNames)) << bit;
  }
}

TEST(Event, AClaimedSectionThatIsNotThereMakesItNone) {
  for (int bit : {REC_SECTION_DEVICE, REC_SECTION_TASK, REC_SECTION_DROP, REC_SECTION_RESULT, REC_SECTION_SKB}) {
    RecordBuilder builder;
    builder.core().sections = static_cast<uint32_t>(bit);
    auto record = builder.bytes();
    EXPECT_FALSE(Event::decode(record, kNames)) << bit;
  }
}

TEST(Event, ThePacketIsDissectedFromItsLinkHeader) {
  auto record = RecordBuilder().packet(test::tcp_syn()).bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event && event->packet());
  ASSERT_TRUE(event->packet()->ethernet && event->packet()->tcp);
  EXPECT_EQ(event->packet()->ports->dst, 80);
}

TEST(Event, ThePacketIsDissectedFromItsNetworkHeader) {
  auto bytes = test::PacketBuilder().ipv6("2001:db8::1", "2001:db8::2").udp(1, 53).bytes();
  auto record = RecordBuilder().network_packet(bytes, 0x86dd).bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event && event->packet());
  EXPECT_FALSE(event->packet()->ethernet);
  ASSERT_TRUE(event->packet()->udp);
  EXPECT_EQ(event->packet()->ethertype, 0x86dd);
}

TEST(Event, ATagInTheSkbIsTheOutermost) {
  auto bytes = test::PacketBuilder().ethernet().vlan(10).ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).bytes();
  auto record = RecordBuilder().vlan(0x2064, 0x88a8).packet(bytes).bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event && event->packet());
  ASSERT_EQ(event->packet()->vlans().size(), 2u);
  EXPECT_EQ(event->packet()->vlans()[0].tpid, 0x88a8);
  EXPECT_EQ(event->packet()->vlans()[0].vlan_id(), 100);
  EXPECT_EQ(event->packet()->vlans()[1].vlan_id(), 10);
}

TEST(Event, ACopyThatIsShorterThanThePacketIsCut) {
  auto record = RecordBuilder().packet(test::tcp_syn()).snap(40).bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event && event->packet());
  EXPECT_EQ(event->packet()->fault.problem, packet::Problem::cut);
  EXPECT_TRUE(event->packet()->ip);
}

TEST(Event, OnlyKfreeSkbTellsADrop) {
  auto is_drop = [](const RecordBuilder& builder) {
    auto record = builder.bytes();
    return Event::decode(record, kNames).value().is_drop();
  };
  EXPECT_TRUE(is_drop(RecordBuilder().probe(0).drop(7, 2)));
  EXPECT_TRUE(is_drop(RecordBuilder().probe(0).drop(7, std::nullopt)));
  EXPECT_FALSE(is_drop(RecordBuilder().probe(0)));
  EXPECT_FALSE(is_drop(RecordBuilder().probe(1).drop(7, 2)));
}

TEST(Event, ThePacketIsDissectedOnce) {
  auto record = RecordBuilder().packet(test::tcp_syn()).bytes();
  auto event = Event::decode(record, kNames);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->packet(), event->packet());
}

}  // namespace
}  // namespace skbtrail::event
