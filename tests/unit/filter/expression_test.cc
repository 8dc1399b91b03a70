#include "filter/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sentence.h"

namespace skbtrail::filter {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& expression) {
  return test::sentence<std::invalid_argument>([&] { compile(expression); });
}

TEST(Expression, AnEmptyOneMatchesEverything) {
  const auto program = compile("");
  ASSERT_EQ(program.size(), 1u);
  EXPECT_EQ(program[0].code, 0x06);
  EXPECT_NE(program[0].k, 0u);
}

TEST(Expression, IsCompiledForEthernet) {
  const auto program = compile("arp");
  ASSERT_EQ(program.size(), 4u);
  EXPECT_EQ(program[0].code, 0x28);
  EXPECT_EQ(program[0].k, 12u);
}

TEST(Expression, AMistakeIsToldInLibpcapsWords) {
  EXPECT_THAT(refusal("host 10.0.0.300"), HasSubstr("10.0.0.300"));
  EXPECT_THAT(refusal("tcp port"), HasSubstr("syntax error"));
  EXPECT_THAT(refusal("ip[0] << 33 = 1"), HasSubstr("shift"));
}

TEST(Expression, WhatNoPacketTellsIsRefusedWithWhatToUseInstead) {
  EXPECT_THAT(refusal("ifname eth0"), HasSubstr("--ifname NAME"));
  EXPECT_THAT(refusal("ip broadcast"), HasSubstr("dst host"));
  EXPECT_THAT(refusal("action pass"), HasSubstr("no packet in the kernel says this"));
  EXPECT_THAT(refusal("wlan type data"), HasSubstr("Ethernet"));
  EXPECT_THAT(refusal("1 = 2"), HasSubstr("no packet can match"));
}

TEST(MeantWord, IsTheWordOfTheLanguageThatIsNearest) {
  EXPECT_EQ(meant_word("tpc port 80"), "tcp");
  EXPECT_EQ(meant_word("hots 10.0.0.1"), "host");
  EXPECT_EQ(meant_word("tcp prot 80"), "port");
  EXPECT_EQ(meant_word("tcp adn udp"), "and");
  EXPECT_EQ(meant_word("ipv6"), "ip6");
  EXPECT_EQ(meant_word("(host 10.0.0.1 and portt 80)"), "port");
}

TEST(MeantWord, IsOfTheFirstStrangeWord) {
  EXPECT_EQ(meant_word("hots 10.0.0.1 adn tcp"), "host");
  EXPECT_EQ(meant_word("host xyzzyxyzzy adn tcp"), "and");
}

TEST(MeantWord, IsEmptyWhereNoneIsNear) {
  EXPECT_EQ(meant_word(""), "");
  EXPECT_EQ(meant_word("tcp port"), "");
  EXPECT_EQ(meant_word("frobnicate"), "");
  EXPECT_EQ(meant_word("10.0.0.1"), "");
}

TEST(MeantWord, IsNotGuessedFromNamesOfFlagsAndHosts) {
  EXPECT_EQ(meant_word("tcp[tcpflags] & tcp-rst != 0 adn udp"), "and");
  EXPECT_EQ(meant_word("host my-prot adn udp"), "and");
  EXPECT_EQ(meant_word("host prot.example adn udp"), "and");
}

}  // namespace
}  // namespace skbtrail::filter
