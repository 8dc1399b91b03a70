#include "filter/operands.h"

#include <gtest/gtest.h>

#include <string>

namespace skbtrail::filter {
namespace {

std::string text(const std::vector<Operand>& operands) {
  std::string all;
  for (const Operand& operand : operands) {
    if (!all.empty()) all += operand.join == Operand::Join::both ? " AND " : " OR ";
    if (operand.opposite) all += "NOT ";
    all += operand.parts.empty() ? "{" + operand.primitive + "}" : "(" + text(operand.parts) + ")";
  }
  return all;
}

std::string taken(const std::string& expression) {
  const auto operands = take_apart(expression);
  return operands ? text(*operands) : "whole";
}

TEST(Operands, AreJoinedFromLeftToRight) {
  EXPECT_EQ(taken("ip and tcp or udp"), "{ip} AND {tcp} OR {udp}");
  EXPECT_EQ(taken("not port 22 && (host 10.0.0.1 || !net 10)"), "NOT {port 22} AND ({host 10.0.0.1} OR NOT {net 10})");
  EXPECT_EQ(taken("not not ip"), "{ip}");
}

TEST(Operands, QualifiersAreThoseOfTheOneBefore) {
  EXPECT_EQ(taken("host a or b and not c"), "{host a} OR {host b} AND NOT {host c}");
  EXPECT_EQ(taken("tcp dst port 80 or 443 or udp port 53 or 54"),
            "{tcp dst port 80} OR {tcp dst port 443} OR {udp port 53} OR {udp port 54}");
  EXPECT_EQ(taken("src or dst port 80 or 443"), "{src or dst port 80} OR {src or dst port 443}");
  EXPECT_EQ(taken("host a or (b or c)"), "{host a} OR ({host b} OR {host c})");
}

TEST(Operands, ArithmeticIsOne) {
  EXPECT_EQ(taken("(ip[0] & 0xf) * 4 > 20 and ip"), "{( ip [ 0 ] & 0xf ) * 4 > 20} AND {ip}");
  EXPECT_EQ(taken("(len - 4) = 5"), "{( len - 4 ) = 5}");
}

TEST(Operands, AreNotTakenApartWhereTheOneBeforeChangesTheirMeaning) {
  EXPECT_EQ(taken("vlan 10 and ip"), "whole");
  EXPECT_EQ(taken("(ip or (mpls and ip))"), "whole");
  EXPECT_EQ(taken("ip or pppoes and tcp"), "whole");
  EXPECT_EQ(taken("geneve and icmp"), "whole");
}

TEST(Operands, AreNotTakenApartWhereTheyAreNotUnderstood) {
  for (const char* expression : {"", "and", "ip and", "ip and or tcp", "(ip", "ip)", "ip (", "10.0.0.1 or ip", "not",
                                 "ip and 10.0.0.1", "net 10.0.0.0 mask 255.0.0.0 or 11.0.0.0", "frobnicate"})
    EXPECT_EQ(taken(expression), "whole") << expression;
}

TEST(Operands, DeepParenthesesAreLeftToLibpcap) {
  EXPECT_EQ(taken(std::string(1000, '(') + "ip" + std::string(1000, ')')), "whole");
}

}  // namespace
}  // namespace skbtrail::filter
