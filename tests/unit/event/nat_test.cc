// What is shown of how a packet's connection is translated.
#include "event/section/nat.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "fake_names.h"
#include "record_builder.h"

namespace skbtrail::event {
namespace {

using test::RecordBuilder;

void put(__u8 (&to)[16], const char* address) {
  if (inet_pton(AF_INET, address, to) != 1) inet_pton(AF_INET6, address, to);
}

rec_tuple tuple(const char* source, uint16_t sport, const char* destination, uint16_t dport) {
  rec_tuple made{};
  put(made.source, source);
  put(made.destination, destination);
  made.source_port = htons(sport);
  made.destination_port = htons(dport);
  return made;
}

rec_nat nat(const rec_tuple& original, const rec_tuple& reply, uint8_t protocol = IPPROTO_TCP,
            uint16_t family = AF_INET) {
  rec_nat section{};
  section.original = original;
  section.reply = reply;
  section.family = family;
  section.protocol = protocol;
  section.known = 1;
  return section;
}

const rec_nat kMasqueraded =
    nat(tuple("10.0.0.2", 41012, "198.51.100.7", 80), tuple("198.51.100.7", 80, "203.0.113.9", 2051));

std::string shown(const rec_nat& section, std::string_view field) {
  const test::FakeNames names;
  const auto record = RecordBuilder().nat(section).bytes();
  const auto event = Event::decode(record, names);
  Scratch scratch;
  const Value value = find_field(field)->of(*event, scratch);
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  return "-";
}

TEST(Nat, ASourceThatIsTranslatedIsShownBeforeAndAfter) {
  EXPECT_EQ(shown(kMasqueraded, "nat"), "src 10.0.0.2:41012 > 203.0.113.9:2051");
}

TEST(Nat, ADestinationAsWellAndBoth) {
  EXPECT_EQ(shown(nat(tuple("10.0.0.2", 41012, "10.96.0.1", 443), tuple("10.0.1.5", 6443, "10.0.0.2", 41012)), "nat"),
            "dst 10.96.0.1:443 > 10.0.1.5:6443");
  EXPECT_EQ(shown(nat(tuple("10.0.0.2", 41012, "10.96.0.1", 443), tuple("10.0.1.5", 6443, "10.0.0.1", 9)), "nat"),
            "src 10.0.0.2:41012 > 10.0.0.1:9, dst 10.96.0.1:443 > 10.0.1.5:6443");
}

TEST(Nat, WhatIsNotTranslatedHasNone) {
  EXPECT_EQ(shown(nat(tuple("10.0.0.2", 1, "10.0.0.3", 2), tuple("10.0.0.3", 2, "10.0.0.2", 1)), "nat"), "-");
}

TEST(Nat, EndsAreFieldsByName) {
  EXPECT_EQ(shown(kMasqueraded, "ct_src"), "10.0.0.2");
  EXPECT_EQ(shown(kMasqueraded, "ct_sport"), "41012");
  EXPECT_EQ(shown(kMasqueraded, "ct_dst"), "198.51.100.7");
  EXPECT_EQ(shown(kMasqueraded, "ct_dport"), "80");
  EXPECT_EQ(shown(kMasqueraded, "ct_reply_src"), "198.51.100.7");
  EXPECT_EQ(shown(kMasqueraded, "ct_reply_sport"), "80");
  EXPECT_EQ(shown(kMasqueraded, "ct_reply_dst"), "203.0.113.9");
  EXPECT_EQ(shown(kMasqueraded, "ct_reply_dport"), "2051");
}

TEST(Nat, IPv6HasItsForm) {
  const auto section =
      nat(tuple("fd00::2", 41012, "fd01::7", 80), tuple("fd01::7", 80, "2001:db8::9", 2051), IPPROTO_UDP, AF_INET6);
  EXPECT_EQ(shown(section, "nat"), "src [fd00::2]:41012 > [2001:db8::9]:2051");
}

// Conntrack has the identifier of ICMP and its type in the place of ports.
TEST(Nat, OfIcmpThereAreAddressesAlone) {
  const auto section =
      nat(tuple("10.0.0.2", 77, "10.0.0.3", 0x800), tuple("10.0.0.3", 77, "10.0.0.1", 0), IPPROTO_ICMP);
  EXPECT_EQ(shown(section, "nat"), "src 10.0.0.2 > 10.0.0.1");
  EXPECT_EQ(shown(section, "ct_sport"), "-");
}

TEST(Nat, NothingIsKnownWithoutAConnection) {
  for (const char* field : {"nat", "ct_src", "ct_sport", "ct_reply_dst", "ct_reply_dport"})
    EXPECT_EQ(shown(rec_nat{}, field), "-") << field;
}

TEST(Nat, AChangeOfAPacketIsKnownForTheTranslationOfItsConnectionInEitherDirection) {
  const test::FakeNames names;
  const auto record = RecordBuilder().nat(kMasqueraded).bytes();
  const auto event = Event::decode(record, names);
  const Endpoint inside = source_translation(*event)->from, outside = source_translation(*event)->to;
  EXPECT_TRUE(is_translated(*event, inside, outside));
  EXPECT_TRUE(is_translated(*event, outside, inside)) << "an answer's destination";
  EXPECT_TRUE(is_translated(*event, {inside.address, {}}, {outside.address, {}})) << "a later fragment";
  EXPECT_FALSE(is_translated(*event, inside, inside));
  EXPECT_FALSE(is_translated(*event, {inside.address, 1}, outside));
}

}  // namespace
}  // namespace skbtrail::event
