#include "filter/header_bytes.h"

#include <gtest/gtest.h>

using skbtrail::filter::asks_for_headers_alone;

TEST(HeaderBytes, PrimitivesAndBytesThatEveryHeaderHas) {
  for (const char* expression :
       {"", "udp port 7 and not host 10.0.0.1", "tcp[tcpflags] & tcp-syn != 0", "tcp[13] & 2 != 0", "ip[19:1] = 1",
        "ip [ 6 : 2 ] & 0x1fff = 0 and udp[6:2] = 0", "icmp[icmptype] = icmp-echo", "icmp6[0] = 128",
        "ether[0] & 1 = 0", "ip6[38:2] = 7 or tcp[19] = 0"})
    EXPECT_TRUE(asks_for_headers_alone(expression)) << expression;
}

TEST(HeaderBytes, BytesThatMayBePayload) {
  for (const char* expression : {"tcp[20] = 1", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420", "udp[8:2] = 1",
                                 "udp[7:2] = 0", "udp[4294967295:4] = 0", "ether[len-4:4] = 0", "ip[20] = 0",
                                 "ip[9] = 17 and udp[10] = 1", "ip6[40] = 58", "wlan[0] = 1", "tcp[0x14] = 0", "tcp["})
    EXPECT_FALSE(asks_for_headers_alone(expression)) << expression;
}
