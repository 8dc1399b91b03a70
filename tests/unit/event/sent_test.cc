// What is said of an ICMP error or a reset that is about to be sent.
#include "event/section/sent.h"

#include <gtest/gtest.h>

#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::RecordBuilder;

constexpr const char* kProbes[] = {"icmp_send",         "tcp_send_reset", "icmp6_send",
                                   "tcp_v4_send_reset", "nf_send_reset",  "icmp_rcv"};

class ResetNames : public test::FakeNames {
 public:
  std::string_view probe(uint16_t number) const override { return kProbes[number]; }
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

TEST(Sent, AnErrorOfIcmp6IsNamedByTheLowestByteOfItsArguments) {
  const auto icmp6 = [](uint32_t type, uint32_t code) { return sends(RecordBuilder().probe(2).sent(type, code)); };
  EXPECT_EQ(icmp6(1, 4), "ICMP6 port unreachable");
  EXPECT_EQ(icmp6(0xabcd0001, 0x7700), "ICMP6 no route to destination");
  EXPECT_EQ(icmp6(1, 7), "ICMP6 type 1 code 7");
  EXPECT_EQ(icmp6(2, 0), "ICMP6 packet too big");
  EXPECT_EQ(icmp6(3, 0), "ICMP6 time exceeded in-transit");
  EXPECT_EQ(icmp6(3, 1), "ICMP6 reassembly time exceeded");
  EXPECT_EQ(icmp6(200, 0), "ICMP6 type 200 code 0");
}

// Before Linux 6.10 no argument tells why, and none of netfilter's does.
TEST(Sent, AResetOfWhichNoReasonIsToldIsOneAllTheSame) {
  EXPECT_EQ(sends(RecordBuilder().probe(1)), "TCP reset");
  EXPECT_EQ(sends(RecordBuilder().probe(3)), "TCP reset");
  EXPECT_EQ(sends(RecordBuilder().probe(4)), "TCP reset");
}

TEST(Sent, ElsewhereNothingIsSent) {
  EXPECT_EQ(sends(RecordBuilder()), "-") << "an ICMP error of which nothing was recorded";
  EXPECT_EQ(sends(RecordBuilder().probe(2)), "-");
  EXPECT_EQ(sends(RecordBuilder().probe(5)), "-");
  EXPECT_EQ(sends(RecordBuilder().probe(5).sent(3, 1)), "-");
}

}  // namespace
}  // namespace skbtrail::event
