// Frames of other programs' captures by their link type: where the packet begins, and whether it went out.
#include "recording/link_layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>

#include "event/event.h"
#include "event/fields.h"
#include "recorded.h"

namespace skbtrail::test {
namespace {

using recording::ForeignPacket;
using ::testing::HasSubstr;

ByteVector ip4() {
  return PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53).payload(9).bytes();
}

ByteVector ip6() {
  return PacketBuilder().ipv6("fd00::1", "fd00::2").udp(4000, 53).payload(9).bytes();
}

ByteVector behind(ByteVector link, const ByteVector& packet) {
  link.insert(link.end(), packet.begin(), packet.end());
  return link;
}

ByteVector zeros(size_t count) {
  return ByteVector(count, 0);
}

// A record of the frame; nothing where it is not understood.
std::optional<RecordBuilder::Record> record_of(uint16_t link_type, const ByteVector& frame, uint32_t flags = 0,
                                               bool swapped = false) {
  ForeignPacket packet{link_type, std::as_bytes(std::span(frame)), frame.size(), 1, flags, swapped};
  rec_core core;
  recording::PacketParts bytes;
  if (!recording::make_record(packet, core, bytes)) return std::nullopt;
  RecordBuilder::Record record(sizeof(core));
  std::memcpy(record.data(), &core, sizeof(core));
  for (const auto& part : bytes) record.insert(record.end(), part.begin(), part.end());
  return record;
}

std::string text_of(const std::string& name, const RecordBuilder::Record& record) {
  static const FakeNames names;
  const auto event = event::Event::decode(record, names);
  event::Scratch scratch;
  const auto value = event::find_field(name)->of(*event, scratch);
  const auto* text = std::get_if<std::string_view>(&value);
  return text ? std::string(*text) : "";
}

struct Link {
  const char* name;
  uint16_t type;
  ByteVector before;
  bool is_ip6 = false;
  ByteVector after = {};
};

class EveryLinkType : public testing::TestWithParam<Link> {};

TEST_P(EveryLinkType, HasItsPacketFound) {
  const auto& link = GetParam();
  const auto packet = link.is_ip6 ? ip6() : ip4();
  const auto record = record_of(link.type, behind(behind(link.before, packet), link.after));
  ASSERT_TRUE(record);
  EXPECT_THAT(text_of("packet", *record),
              HasSubstr(link.is_ip6 ? "IP6 fd00::1.4000 > fd00::2." : "IP 10.0.0.1.4000 > "));
  static const FakeNames names;
  const auto event = event::Event::decode(*record, names);
  const size_t link_bytes = event->core->start_layer == REC_START_LINK ? 14 : 0;
  EXPECT_EQ(event->core->wire_len, packet.size() + link_bytes);
}

// Cut anywhere it is a packet of which less is known, and never another one.
TEST_P(EveryLinkType, MayBeCutAnywhere) {
  const auto& link = GetParam();
  const auto whole = behind(link.before, link.is_ip6 ? ip6() : ip4());
  for (size_t size = 0; size < whole.size(); size++) {
    const ByteVector cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const auto record = record_of(link.type, cut);
    ASSERT_TRUE(record) << size;
    EXPECT_EQ(text_of("packet", *record).find("Unknown"), std::string::npos) << size;
  }
}

// The attributes of a log of netfilter: a prefix, then the packet.
ByteVector nflog(uint8_t family, size_t packet) {
  ByteVector head{family, 0, 0, 0, 7, 0, 10, 0, 'a', 'b', 0, 0};
  const size_t length = packet + 4;
  for (const size_t byte : {length & 0xff, length >> 8, size_t{9}, size_t{0}})
    head.push_back(static_cast<uint8_t>(byte));
  return head;
}

ByteVector snap_behind(ByteVector header, size_t size) {
  header.resize(size);
  const ByteVector snap{0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
  header.insert(header.end(), snap.begin(), snap.end());
  return header;
}

INSTANTIATE_TEST_SUITE_P(
    LinkTypes, EveryLinkType,
    testing::Values(
        Link{"Raw", 101, {}}, Link{"RawOfOthers", 12, {}}, Link{"RawOfOpenBsd", 14, {}, true},
        Link{"Raw6", 101, {}, true}, Link{"Ipv4", 228, {}}, Link{"Ipv6", 229, {}, true}, Link{"Null", 0, {2, 0, 0, 0}},
        Link{"NullOfTheOtherOrder", 0, {0, 0, 0, 2}}, Link{"Null6OfFreeBsd", 0, {28, 0, 0, 0}, true},
        Link{"Null6OfDarwin", 0, {30, 0, 0, 0}, true}, Link{"Loop", 108, {0, 0, 0, 24}, true},
        Link{"Cooked", 113, {0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}},
        Link{"Cooked2", 276, {0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}, true},
        Link{"Ppp", 9, {0, 0x21}}, Link{"PppWithHdlc", 9, {0xff, 3, 0, 0x57}, true}, Link{"PppShort", 50, {0x21}},
        Link{"PppEther", 51, {0x11, 0, 0, 1, 0, 39, 0, 0x21}}, Link{"PppPppd", 166, {1, 0xff, 3, 0, 0x21}},
        Link{"PppWithDirection", 204, {0, 0, 0x21}}, Link{"Slip", 8, zeros(16)},
        Link{"CiscoHdlc", 104, {0x0f, 0, 0x86, 0xdd}, true}, Link{"Infiniband", 242, behind(zeros(40), {8, 0, 0, 0})},
        Link{"Nflog", 239, nflog(2, ip4().size())},
        Link{"NflogWithMoreBehind", 239, nflog(2, ip4().size()), false, {0, 8, 0, 1, 0}},
        Link{"Wireless", 105, snap_behind({8, 1}, 24)}, Link{"WirelessQos", 105, snap_behind({0x88, 2}, 26)},
        Link{"WirelessBridged", 105, snap_behind({8, 3}, 30)},
        Link{"WirelessQosOrdered", 105, snap_behind({0x88, 0x81}, 30)},
        Link{"Radiotap", 127, behind({0, 0, 10, 0, 0, 0, 0, 0, 0, 0}, snap_behind({8, 1}, 24))},
        Link{"Ppi", 192, behind({0, 0, 8, 0, 105, 0, 0, 0}, snap_behind({8, 1}, 24))},
        Link{"Prism", 119, behind(zeros(144), snap_behind({8, 1}, 24))},
        Link{"Avs", 163, behind({0x80, 0x21, 0x10, 1, 0, 0, 0, 12, 0, 0, 0, 0}, snap_behind({8, 1}, 24))},
        Link{"BroadcomTag", 281, behind(zeros(12), {0, 0, 0, 1, 8, 0})},
        Link{"BroadcomTagInFront", 282, behind(zeros(4 + 12), {8, 0})},
        Link{"Dsa", 284, behind(zeros(12), {0, 0, 0, 1, 8, 0})},
        Link{"Edsa", 285, behind(zeros(12), {0xda, 0xda, 0, 0, 0, 0, 0, 1, 8, 0})}),
    [](const auto& link) { return link.param.name; });

TEST(LinkLayer, WhatIsNoPacketIsNotTakenForOne) {
  // CAN in Linux cooked, and netlink, whose family is no Ethernet type.
  EXPECT_FALSE(record_of(113, behind({0, 0, 1, 0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0c}, zeros(16))));
  EXPECT_FALSE(record_of(113, behind({0, 0, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, zeros(16))));
  EXPECT_FALSE(record_of(113, behind({0, 0, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}, ip4())));
  EXPECT_FALSE(record_of(0, behind({7, 0, 0, 0}, ip4())));                   // OSI
  EXPECT_FALSE(record_of(101, zeros(20)));                                   // version 0
  EXPECT_FALSE(record_of(9, behind({0xc0, 0x21}, ip4())));                   // LCP
  EXPECT_FALSE(record_of(105, behind({0x80, 0}, zeros(60))));                // a beacon
  EXPECT_FALSE(record_of(105, behind(snap_behind({8, 0x41}, 24), ip4())));   // encrypted
  EXPECT_FALSE(record_of(105, {0xd4, 0, 0, 0, 1, 2, 3, 4, 5, 6}));           // an acknowledgement
  EXPECT_FALSE(record_of(239, behind({7, 0, 0, 0, 8, 0, 9, 0}, zeros(4))));  // of a bridge
  EXPECT_FALSE(record_of(239, {2, 0, 0, 0, 0, 0, 9, 0}));                    // an attribute of no length
  EXPECT_FALSE(record_of(147, ip4()));                                       // of no protocol
}

TEST(LinkLayer, Ieee8022OfACookedCaptureIsLlc) {
  const auto record = record_of(113, {0, 2, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0xe0, 0xe0, 3});
  ASSERT_TRUE(record);
  EXPECT_THAT(text_of("packet", *record), HasSubstr("LLC, dsap IPX"));
}

TEST(LinkLayer, WhetherItWentOutIsSaidByTheFrameOrByItsFlagsOrByNobody) {
  const auto cooked = [](uint8_t type) {
    return text_of("pkt_type", *record_of(113, behind({0, type, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}, ip4())));
  };
  EXPECT_EQ(cooked(0), "host");
  EXPECT_EQ(cooked(1), "broadcast");
  EXPECT_EQ(cooked(3), "otherhost");
  EXPECT_EQ(cooked(4), "outgoing");
  const ByteVector second{8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(text_of("pkt_type", *record_of(276, behind(second, ip4()))), "outgoing");
  EXPECT_EQ(text_of("pkt_type", *record_of(204, behind({1, 0, 0x21}, ip4()))), "outgoing");
  EXPECT_EQ(text_of("pkt_type", *record_of(8, behind(zeros(16), ip4()))), "host");
  const auto tagged = [](uint16_t link_type, uint8_t first) {
    return text_of("pkt_type", *record_of(link_type, behind(behind(zeros(12), {first, 0, 0, 1, 8, 0}), ip4())));
  };
  EXPECT_EQ(tagged(281, 0x20), "outgoing");
  EXPECT_EQ(tagged(281, 0), "host");
  EXPECT_EQ(tagged(281, 0x60), "");
  EXPECT_EQ(tagged(284, 0x40), "outgoing");
  EXPECT_EQ(tagged(284, 0), "host");
  EXPECT_EQ(tagged(284, 0xc0), "");
  const std::pair<uint32_t, const char*> flags[] = {
      {0, ""},         {1, "host"},          {2, "outgoing"},       {3, ""},
      {1 | 4, "host"}, {1 | 8, "multicast"}, {1 | 12, "broadcast"}, {1 | 16, "otherhost"},
      {8, ""}};
  for (const auto& [bits, name] : flags) EXPECT_EQ(text_of("pkt_type", *record_of(101, ip4(), bits)), name) << bits;
}

}  // namespace
}  // namespace skbtrail::test
