// Drop reasons by the names of recorded kernels; their numbers move from version to version.
#include "kernel/drop_reasons.h"

#include <gtest/gtest.h>

#include "recorded_btf.h"

namespace skbtrail::kernel {
namespace {

std::string reason(const char* kernel, uint32_t number) {
  return DropReasons(test::recorded(kernel)).name(number);
}

TEST(DropReasons, Linux510HasNone) {
  for (uint32_t number : {0u, 1u, 2u, 3u}) EXPECT_EQ(reason("5.10", number), "reason-0x" + std::to_string(number));
}

TEST(DropReasons, NoSocketHasANumberOfEachVersion) {
  EXPECT_EQ(reason("6.1", 2), "NO_SOCKET");
  EXPECT_EQ(reason("6.12", 3), "NO_SOCKET");
  EXPECT_EQ(reason("6.18", 3), "NO_SOCKET");
  EXPECT_EQ(reason("7.2", 3), "NO_SOCKET");
}

TEST(DropReasons, NetfilterDropHasANumberOfEachVersion) {
  EXPECT_EQ(reason("6.1", 7), "NETFILTER_DROP");
  EXPECT_EQ(reason("6.12", 11), "NETFILTER_DROP");
  EXPECT_EQ(reason("6.18", 12), "NETFILTER_DROP");
  EXPECT_EQ(reason("7.2", 12), "NETFILTER_DROP");
}

TEST(DropReasons, TheNumbersOfANameLeadBackToIt) {
  const DropReasons reasons(test::recorded("6.12"));
  for (const auto& name : reasons.names()) {
    ASSERT_FALSE(reasons.numbers(name).empty()) << name;
    for (const uint32_t number : reasons.numbers(name)) EXPECT_EQ(reasons.name(number), name);
  }
  EXPECT_TRUE(reasons.numbers("NO_SOKET").empty());
}

TEST(DropReasons, NotSpecifiedAndConsumedAreNamed) {
  EXPECT_EQ(reason("6.1", 1), "NOT_SPECIFIED");
  EXPECT_EQ(reason("6.12", 1), "CONSUMED");
  EXPECT_EQ(reason("6.12", 2), "NOT_SPECIFIED");
  EXPECT_EQ(reason("6.12", 0), "NOT_DROPPED_YET");
}

TEST(DropReasons, ASubsystemIsNamedBeforeItsReason) {
  EXPECT_EQ(reason("6.12", 3u << 16 | 1), "openvswitch:LAST_ACTION");
  EXPECT_EQ(reason("7.2", 2u << 16 | 1), "openvswitch:LAST_ACTION");
  EXPECT_EQ(reason("7.2", 2u << 16 | 4), "openvswitch:EXPLICIT_WITH_ERROR");
  EXPECT_EQ(reason("7.2", 3u << 16 | 2), "qdisc:OVERLIMIT");
}

// 2 is mac80211_monitor on 6.12, whose module is not loaded there.
TEST(DropReasons, ANumberOfASubsystemWithoutNamesStaysANumber) {
  EXPECT_EQ(reason("6.12", 2u << 16 | 1), "reason-0x20001");
  EXPECT_EQ(reason("6.18", 2u << 16 | 1), "reason-0x20001");
}

TEST(DropReasons, ASubsystemsEnumeratorsOfTheCoreAreNoCoreReasons) {
  EXPECT_EQ(reason("7.2", 0), "NOT_DROPPED_YET");  // qdisc_drop_reason has a 0, too
}

TEST(DropReasons, OnlyReasonsAreNames) {
  for (const char* kernel : test::kRecordedKernels)
    for (const auto& name : DropReasons(test::recorded(kernel)).names())
      for (const char* end : {"MASK", "MAX", "NUM"}) EXPECT_FALSE(name.ends_with(end)) << kernel << " " << name;
}

TEST(DropReasons, AnUnknownNumberStaysANumber) {
  for (const char* kernel : test::kRecordedKernels) {
    EXPECT_EQ(reason(kernel, 0x4d00), "reason-0x4d00") << kernel;
    EXPECT_EQ(reason(kernel, 0x00990001), "reason-0x990001") << kernel;
    EXPECT_EQ(reason(kernel, 0xfffffffe), "reason-0xfffffffe") << kernel;
  }
}

}  // namespace
}  // namespace skbtrail::kernel
