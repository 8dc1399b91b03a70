#include "event/socket_families.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace skbtrail::event {
namespace {

TEST(SocketFamilies, HaveTheNumbersOfTheKernel) {
  const std::pair<int, const char*> some[] = {{AF_UNIX, "unix"},   {AF_INET, "inet"},       {AF_INET6, "inet6"},
                                              {AF_KEY, "key"},     {AF_NETLINK, "netlink"}, {AF_PACKET, "packet"},
                                              {AF_RDS, "rds"},     {AF_PPPOX, "pppox"},     {AF_CAN, "can"},
                                              {AF_TIPC, "tipc"},   {AF_ALG, "alg"},         {AF_BLUETOOTH, "bluetooth"},
                                              {AF_VSOCK, "vsock"}, {AF_XDP, "xdp"},         {AF_SMC, "smc"}};
  for (const auto& [number, name] : some) {
    EXPECT_EQ(family_name(static_cast<uint8_t>(number)), name);
    EXPECT_EQ(family_number(name), number);
    EXPECT_EQ(family_number(std::to_string(number)), number);
  }
}

TEST(SocketFamilies, WhatIsNoneHasNoNumber) {
  for (const char* text : {"", "unixx", "0", "64", "-1", "1x", "UNIX"}) EXPECT_FALSE(family_number(text)) << text;
  EXPECT_EQ(family_name(0), "");
  EXPECT_EQ(family_name(200), "");
}

}  // namespace
}  // namespace skbtrail::event
