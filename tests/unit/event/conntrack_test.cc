// What is shown of the connection to which conntrack counts a packet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "event/fields.h"
#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::FakeNames;
using test::RecordBuilder;

constexpr uint8_t kAll = REC_CONNTRACK_SKB | REC_CONNTRACK_CONN | REC_CONNTRACK_MARK | REC_CONNTRACK_ZONE;
constexpr uint8_t kUntracked = 7;  // IP_CT_UNTRACKED
constexpr uint64_t kConnection = 0xffff888004567800;

rec_conntrack conntrack(uint8_t info, uint32_t status = 0, uint8_t known = kAll) {
  return {kConnection, status, 7, 3, info, known, {}};
}

std::string shown(const rec_conntrack& section, std::string_view field) {
  const FakeNames names;
  const auto record = RecordBuilder().conntrack(section).bytes();
  const auto event = Event::decode(record, names);
  Scratch scratch;
  const Value value = find_field(field)->of(*event, scratch);
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  return "-";
}

TEST(Conntrack, AStateIsNamedWithItsDirection) {
  EXPECT_EQ(shown(conntrack(IP_CT_NEW), "ct_state"), "NEW");
  EXPECT_EQ(shown(conntrack(IP_CT_ESTABLISHED), "ct_state"), "ESTABLISHED");
  EXPECT_EQ(shown(conntrack(IP_CT_ESTABLISHED_REPLY), "ct_state"), "ESTABLISHED,REPLY");
  EXPECT_EQ(shown(conntrack(IP_CT_RELATED), "ct_state"), "RELATED");
  EXPECT_EQ(shown(conntrack(IP_CT_RELATED_REPLY), "ct_state"), "RELATED,REPLY");
  EXPECT_EQ(shown(conntrack(6), "ct_state"), "-");
}

// ESTABLISHED is 0, as what was never looked at.
TEST(Conntrack, WithoutAConnectionThereIsNoState) {
  rec_conntrack none = conntrack(0, 0, REC_CONNTRACK_SKB);
  none.address = 0;
  for (const char* field : {"ct_state", "ct_status", "ct_mark", "ct_zone", "ct"}) EXPECT_EQ(shown(none, field), "-");
  none.info = kUntracked;
  EXPECT_EQ(shown(none, "ct_state"), "UNTRACKED");
  EXPECT_EQ(shown(none, "ct"), "-");
}

TEST(Conntrack, ATemplateIsNoConnection) {
  EXPECT_EQ(shown(conntrack(0, IPS_TEMPLATE | IPS_CONFIRMED), "ct_state"), "-");
  EXPECT_EQ(shown(conntrack(0, IPS_TEMPLATE | IPS_CONFIRMED), "ct_status"), "CONFIRMED,TEMPLATE");
}

TEST(Conntrack, FlagsOfTheStatusAreNamed) {
  EXPECT_EQ(shown(conntrack(0, IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED | IPS_SRC_NAT | IPS_DST_NAT), "ct_status"),
            "SEEN_REPLY,ASSURED,CONFIRMED,SRC_NAT,DST_NAT");
  EXPECT_EQ(shown(conntrack(0, IPS_HW_OFFLOAD | 1u << 20), "ct_status"), "HW_OFFLOAD,0x100000");
  EXPECT_EQ(shown(conntrack(IP_CT_NEW, 0), "ct_status"), "0");
}

TEST(Conntrack, WhatTheKernelDoesNotTellIsUnknownAndNotZero) {
  EXPECT_EQ(shown(conntrack(IP_CT_NEW), "ct_mark"), "7");
  EXPECT_EQ(shown(conntrack(IP_CT_NEW), "ct_zone"), "3");
  EXPECT_EQ(shown(conntrack(IP_CT_NEW), "ct"), std::to_string(kConnection));
  const rec_conntrack of_the_skb = conntrack(IP_CT_NEW, 0, REC_CONNTRACK_SKB);
  EXPECT_EQ(shown(of_the_skb, "ct_state"), "NEW");
  for (const char* field : {"ct_status", "ct_mark", "ct_zone"}) EXPECT_EQ(shown(of_the_skb, field), "-") << field;
}

TEST(Conntrack, ItsFieldsAreThereWhereTheyAreAskedForAlone) {
  for (const bool meta : {false, true})
    for (const auto* field : default_keys(meta)) EXPECT_EQ(field->section & REC_SECTION_CONNTRACK, 0u) << field->name;
  EXPECT_EQ(sections_of(choose_fields("ct_mark,ct_state", {})), uint32_t{REC_SECTION_CONNTRACK});
}

}  // namespace
}  // namespace skbtrail::event
