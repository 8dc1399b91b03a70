// What the values of results are called.
#include "event/result_format.h"

#include <gtest/gtest.h>

#include <bit>

namespace skbtrail::event {
namespace {

std::string text(const ResultFormat& format, int64_t bits) {
  fmt::memory_buffer out;
  format.append(out, bits);
  return fmt::to_string(out);
}

ResultFormat integer(ResultMeaning meaning, std::map<int64_t, std::string> names = {}) {
  return {"int", 4, true, false, std::move(names), meaning};
}
ResultFormat unsigned_integer(ResultMeaning meaning) {
  return {"unsigned int", 4, false, false, {}, meaning};
}

TEST(ResultFormat, OnlyTheBytesOfItsTypeCount) {
  EXPECT_EQ(text(integer(ResultMeaning::number), 0x1234567800000001), "1");
  EXPECT_EQ(text(integer(ResultMeaning::number), 0x00000000fffffffe), "-2");
  EXPECT_EQ(text({"u8", 1, false, false}, 0x1ff), "255");
  EXPECT_EQ(text({"s8", 1, true, false}, 0x1ff), "-1");
  EXPECT_EQ(text({"u16", 2, false, false}, 0x5ffff), "65535");
  EXPECT_EQ(text({"s64", 8, true, false}, -5), "-EIO");
  EXPECT_EQ(text({"s64", 8, true, false}, -5'000'000'000), "-5000000000");
  EXPECT_EQ(text({"u64", 8, false, false}, -1), "18446744073709551615");
}

TEST(ResultFormat, ByTypeANegativeNumberIsAnErrorButMinusOneMayBeJustNo) {
  const auto format = integer(ResultMeaning::by_type);
  EXPECT_EQ(text(format, 0), "0");
  EXPECT_EQ(text(format, 7), "7");
  EXPECT_EQ(text(format, -113), "-EHOSTUNREACH");
  EXPECT_EQ(text(format, -512), "-ERESTARTSYS");
  EXPECT_EQ(text(format, -1), "-1");
  EXPECT_EQ(text(format, -4000), "-4000");
  EXPECT_EQ(text(format, -100000), "-100000");
}

TEST(ResultFormat, AnErrorIsOneAtMinusOneToo) {
  EXPECT_EQ(text(integer(ResultMeaning::error), -1), "-EPERM");
  EXPECT_EQ(text(integer(ResultMeaning::error, {{1, "accepted"}}), 1), "accepted");
}

TEST(ResultFormat, ANumberIsNoError) {
  EXPECT_EQ(text(integer(ResultMeaning::number), -14), "-14");
}

TEST(ResultFormat, APointerIsNullAnErrorOrAnAddress) {
  const ResultFormat format{"struct sk_buff *", 8, false, true};
  EXPECT_EQ(text(format, 0), "NULL");
  EXPECT_EQ(text(format, -115), "-EINPROGRESS");
  EXPECT_EQ(text(format, -1), "-EPERM");
  EXPECT_EQ(text(format, static_cast<int64_t>(0xffff888003767800)), "0xffff888003767800");
}

TEST(ResultFormat, AVerdictHasItsErrnoOrQueueApart) {
  const auto format = unsigned_integer(ResultMeaning::verdict);
  EXPECT_EQ(text(format, 0), "NF_DROP");
  EXPECT_EQ(text(format, 1), "NF_ACCEPT");
  EXPECT_EQ(text(format, 65538), "NF_STOLEN (errno EPERM)");
  EXPECT_EQ(text(format, 113 << 16), "NF_DROP (errno EHOSTUNREACH)");
  EXPECT_EQ(text(format, 5000 << 16), "NF_DROP (errno 5000)");
  EXPECT_EQ(text(format, 3), "NF_QUEUE 0");
  EXPECT_EQ(text(format, 0x90003), "NF_QUEUE 9");
  EXPECT_EQ(text(format, 0x98003), "NF_QUEUE 9, bypass");
  EXPECT_EQ(text(format, 4), "NF_REPEAT");
  EXPECT_EQ(text(format, 5), "NF_STOP");
}

TEST(ResultFormat, WhatIsNoVerdictIsShownAsItIs) {
  const auto format = unsigned_integer(ResultMeaning::verdict);
  EXPECT_EQ(text(format, 0x1ff), "0x1ff");
  EXPECT_EQ(text(format, 0x100), "NF_DROP|0x100");
  EXPECT_EQ(text(format, 0x10001), "NF_ACCEPT|0x10000");
  EXPECT_EQ(text(format, 0x98103), "NF_QUEUE 9, bypass|0x100");
}

TEST(ResultFormat, ATargetMayLetTheNextRuleDecide) {
  const auto format = unsigned_integer(ResultMeaning::target);
  EXPECT_EQ(text(format, 0xffffffff), "XT_CONTINUE");
  EXPECT_EQ(text(format, 0), "NF_DROP");
}

TEST(ResultFormat, ATargetOfEbtablesCountsDown) {
  const auto format = unsigned_integer(ResultMeaning::bridge);
  EXPECT_EQ(text(format, 0xffffffff), "EBT_ACCEPT");
  EXPECT_EQ(text(format, 0xfffffffc), "EBT_RETURN");
  EXPECT_EQ(text(format, 7), "7");
}

TEST(ResultFormat, AQdiscsResultHasItsFlagsApart) {
  const auto format = integer(ResultMeaning::queueing);
  EXPECT_EQ(text(format, 0), "NET_XMIT_SUCCESS");
  EXPECT_EQ(text(format, 1), "NET_XMIT_DROP");
  EXPECT_EQ(text(format, 2), "NET_XMIT_CN");
  EXPECT_EQ(text(format, 0x10000), "NET_XMIT_SUCCESS|__NET_XMIT_STOLEN");
  EXPECT_EQ(text(format, 0x20000), "NET_XMIT_SUCCESS|__NET_XMIT_BYPASS");
  EXPECT_EQ(text(format, 0x30001), "NET_XMIT_DROP|__NET_XMIT_STOLEN|__NET_XMIT_BYPASS");
  EXPECT_EQ(text(format, 3), "0x3");
  EXPECT_EQ(text(format, 0x40000), "0x40000");
}

TEST(ResultFormat, AnActionOfTrafficControlIsNoError) {
  const auto format = integer(ResultMeaning::action);
  EXPECT_EQ(text(format, -1), "TC_ACT_UNSPEC");
  EXPECT_EQ(text(format, 0), "TC_ACT_OK");
  EXPECT_EQ(text(format, 2), "TC_ACT_SHOT");
  EXPECT_EQ(text(format, 8), "TC_ACT_TRAP");
  EXPECT_EQ(text(format, 9), "TC_ACT_CONSUMED");
  EXPECT_EQ(text(format, 10), "10");
  EXPECT_EQ(text(format, 0x10000003), "TC_ACT_JUMP 3");
  EXPECT_EQ(text(format, 0x20000007), "TC_ACT_GOTO_CHAIN 7");
  EXPECT_EQ(text(format, -2), "-2");
}

TEST(ResultFormat, AReceiverMayNameTheNextProtocol) {
  EXPECT_EQ(text(integer(ResultMeaning::protocol), 0), "0");
  EXPECT_EQ(text(integer(ResultMeaning::protocol), -4), "protocol 4 next");
  EXPECT_EQ(text(integer(ResultMeaning::protocol), 1), "1");
  EXPECT_EQ(text(integer(ResultMeaning::protocol), -300), "-300");
  EXPECT_EQ(text(integer(ResultMeaning::encap), -50), "protocol 50 next");
  EXPECT_EQ(text(integer(ResultMeaning::encap), 1), "on to UDP");
  EXPECT_EQ(text(integer(ResultMeaning::encap), 0), "0");
}

TEST(ResultFormat, WhatIsInTheOrderOfTheNetworkIsShownInThisHosts) {
  if constexpr (std::endian::native == std::endian::big) GTEST_SKIP() << "they are the same here";
  const ResultFormat protocol{"__be16", 2, false, false, {}, ResultMeaning::ethertype};
  EXPECT_EQ(text(protocol, 8), "0x0800 (IPv4)");
  EXPECT_EQ(text(protocol, 56710), "0x86dd (IPv6)");
  EXPECT_EQ(text(protocol, 0x0100), "0x0001");
  EXPECT_EQ(protocol.value(8), 0x0800);
  const ResultFormat port{"__be16", 2, false, false, {}, ResultMeaning::network};
  EXPECT_EQ(text(port, 0x12345000), "0x0050");
  const ResultFormat address{"__be32", 4, false, false, {}, ResultMeaning::network};
  EXPECT_EQ(text(address, 0x0100000a), "0x0a000001");
  EXPECT_EQ(address.value(0x0100000a), 0x0a000001);
}

TEST(ResultFormat, BitsAreHexadecimal) {
  EXPECT_EQ(text({"netdev_features_t", 8, false, false, {}, ResultMeaning::hex}, 0x1000), "0x1000");
}

TEST(ResultFormat, AMeaningHasANameAndAnUnknownOneIsANumber) {
  for (const auto meaning : {ResultMeaning::by_type, ResultMeaning::verdict, ResultMeaning::encap})
    EXPECT_EQ(meaning_of(name_of(meaning)), meaning);
  EXPECT_EQ(meaning_of("of a later version"), ResultMeaning::number);
}

}  // namespace
}  // namespace skbtrail::event
