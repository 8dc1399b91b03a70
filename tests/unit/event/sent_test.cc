// What is said of an ICMP error or a reset that is about to be sent.
#include "event/section/sent.h"

#include <gtest/gtest.h>

#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::RecordBuilder;

class ResetNames : public test::FakeNames {
 public:
  const ResetReasons* reset_reasons(uint16_t number) const override { return number == 1 ? &reasons_ : nullptr; }

 private:
  ResetReasons reasons_{{0, "NOT_SPECIFIED"}, {3, "NO_SOCKET"}};
};

std::string sends(const RecordBuilder& record) {
  const ResetNames names;
  const auto bytes = record.bytes();
  const auto event = Event::decode(bytes, names);
  Scratch scratch;
  const Value value = find_field("sends")->of(*event, scratch);
  const auto* text = std::get_if<std::string_view>(&value);
  return text ? std::string(*text) : "-";
}

std::string icmp(uint32_t type, uint32_t code) {
  return sends(RecordBuilder().sent(type, code));
}

TEST(Sent, AnIcmpErrorIsNamedByTypeAndCode) {
  EXPECT_EQ(icmp(3, 0), "ICMP net unreachable");
  EXPECT_EQ(icmp(3, 1), "ICMP host unreachable");
  EXPECT_EQ(icmp(3, 3), "ICMP port unreachable");
  EXPECT_EQ(icmp(3, 4), "ICMP need to frag");
  EXPECT_EQ(icmp(3, 15), "ICMP precedence cutoff");
  EXPECT_EQ(icmp(5, 1), "ICMP redirect");
  EXPECT_EQ(icmp(11, 0), "ICMP time exceeded in-transit");
  EXPECT_EQ(icmp(11, 1), "ICMP ip reassembly time exceeded");
  EXPECT_EQ(icmp(12, 0), "ICMP parameter problem");
}

TEST(Sent, WhatHasNoNameIsShownByItsNumbers) {
  EXPECT_EQ(icmp(3, 16), "ICMP type 3 code 16");
  EXPECT_EQ(icmp(11, 256), "ICMP type 11 code 256");
  EXPECT_EQ(icmp(UINT32_MAX, 0), "ICMP type 4294967295 code 0");
  EXPECT_EQ(sends(RecordBuilder().probe(1).sent(99)), "TCP reset: reason 99");
}

TEST(Sent, AResetSaysWhy) {
  EXPECT_EQ(sends(RecordBuilder().probe(1).sent(3)), "TCP reset: NO_SOCKET");
}

TEST(Sent, ElsewhereNothingIsSent) {
  EXPECT_EQ(sends(RecordBuilder()), "-");
}

}  // namespace
}  // namespace skbtrail::event
