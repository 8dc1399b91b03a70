// Texts kept from event to event: never another packet's.
#include "output/packet_texts.h"

#include <gmock/gmock.h>

#include "sample_records.h"

namespace skbtrail::output {
namespace {

using test::RecordBuilder;

class PacketTextsTest : public testing::Test {
 protected:
  // How often texts were made until now, and the text: "2 IP ...".
  std::string text(const RecordBuilder& record) {
    auto bytes = record.bytes();
    auto event = event::Event::decode(bytes, names);
    const event::Field* field = event::find_field("packet");
    const auto& texts = packets.of(*event, 2, [&](fmt::memory_buffer& out, size_t part) {
      if (part == 0) return out.push_back('x');
      made++;
      event::Scratch scratch;
      auto value = field->of(*event, scratch);
      if (auto* summary = std::get_if<std::string_view>(&value)) out.append(*summary);
    });
    EXPECT_EQ(texts[0], "x");
    return std::to_string(made) + " " + std::string(texts[1]);
  }
  static RecordBuilder datagram(unsigned port) {
    return RecordBuilder().packet(
        test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(port, 9).payload(4).bytes());
  }

  test::FakeNames names;
  PacketTexts packets;
  int made = 0;
};

TEST_F(PacketTextsTest, AreMadeOnceForAPacket) {
  EXPECT_EQ(text(datagram(5)), "1 IP 10.0.0.1.5 > 10.0.0.2.9: UDP, length 4");
  EXPECT_EQ(text(datagram(5).time(9).cpu(3).probe(1).device("veth0", 2)), text(datagram(5)));
  EXPECT_EQ(made, 1);
}

TEST_F(PacketTextsTest, OfAReusedAddressAreMadeAnew) {
  text(datagram(5));
  EXPECT_EQ(text(datagram(6)), "2 IP 10.0.0.1.6 > 10.0.0.2.9: UDP, length 4");
  EXPECT_EQ(text(datagram(5)), "3 IP 10.0.0.1.5 > 10.0.0.2.9: UDP, length 4");
}

TEST_F(PacketTextsTest, OfTwoAddressesStandBesideEachOther) {
  text(datagram(5).skb_address(0xffff888000000100));
  text(datagram(6).skb_address(0xffff888000000200));
  text(datagram(5).skb_address(0xffff888000000100));
  EXPECT_EQ(made, 2);
}

TEST_F(PacketTextsTest, SayWhatTheRecordSaysOfTheBytes) {
  text(datagram(5));
  EXPECT_EQ(text(datagram(5).vlan(7)), "2 vlan 7, p 0, IP 10.0.0.1.5 > 10.0.0.2.9: UDP, length 4");
  EXPECT_EQ(text(datagram(5).vlan(8)), "3 vlan 8, p 0, IP 10.0.0.1.5 > 10.0.0.2.9: UDP, length 4");
  EXPECT_EQ(text(datagram(5).snap(36)), "4 IP 10.0.0.1 > 10.0.0.2: [|udp]");
  auto shorter = datagram(5);
  shorter.core().wire_len -= 1;
  EXPECT_EQ(text(shorter), "5 IP truncated-ip - 1 bytes missing! 10.0.0.1.5 > 10.0.0.2.9: UDP, length 4");
  auto from_network = datagram(5);
  from_network.core().start_layer = REC_START_NETWORK;
  EXPECT_EQ(text(from_network).substr(0, 2), "6 ");
  EXPECT_EQ(text(from_network.protocol(0x0806)).substr(0, 2), "7 ");
  EXPECT_EQ(text(from_network.flag(REC_FLAG_SYNTHESIZED)).substr(0, 2), "8 ");
}

// net_dev_xmit is between the tracepoints of sending and of receiving, and tells no bytes.
TEST_F(PacketTextsTest, AreNotDrivenOutByAnEventWithoutBytes) {
  text(datagram(5));
  EXPECT_EQ(text(RecordBuilder().flag(REC_FLAG_SKB_NOT_OWNED)), "2 ");
  EXPECT_EQ(text(datagram(5)), "2 IP 10.0.0.1.5 > 10.0.0.2.9: UDP, length 4");
}

TEST_F(PacketTextsTest, OfManyPacketsAreRightInAnyOrder) {
  for (unsigned round = 0; round < 3; round++)
    for (unsigned port = 1; port < 3000; port++) {
      auto skb = 0xffff888000000000 + uint64_t{port} * 0x100;
      EXPECT_THAT(text(datagram(port).skb_address(skb)), testing::HasSubstr("0.1." + std::to_string(port) + " >"));
    }
}

}  // namespace
}  // namespace skbtrail::output
