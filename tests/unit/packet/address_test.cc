#include "packet/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "packet_builder.h"

namespace skbtrail::packet {
namespace {

IpAddress ipv6(const std::string& text) {
  IpAddress address;
  address.version = 6;
  std::memcpy(address.bytes.data(), test::address_bytes(text).data(), 16);
  return address;
}

TEST(Address, IPv6IsWrittenInTheCanonicalFormOfRfc5952) {
  const std::pair<const char*, const char*> kForms[] = {
      {"0:0:0:0:0:0:0:0", "::"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
      {"::ffff:0:0", "::ffff:0.0.0.0"},
      {"64:ff9b::10.0.0.1", "64:ff9b::a00:1"},
  };
  for (const auto& [given, canonical] : kForms) EXPECT_EQ(to_string(ipv6(given)), canonical);
}

TEST(Address, IPv6IsWrittenAsInetNtopWritesIt) {
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    IpAddress address;
    address.version = 6;
    const unsigned mask = static_cast<unsigned>(random());  // zero groups are what is hard
    for (size_t group = 0; group < 8; ++group) {
      if ((mask >> group & 1) == 0) continue;
      const bool all_ones = (mask >> (8 + group) & 1) != 0;
      address.bytes[2 * group] = static_cast<uint8_t>(all_ones ? 0xff : (mask >> 16 & 1) * (random() & 0xff));
      address.bytes[2 * group + 1] = static_cast<uint8_t>(all_ones ? 0xff : random());
    }
    char expected[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, address.bytes.data(), expected, sizeof expected);
    ASSERT_EQ(to_string(address), expected);
  }
}

TEST(Address, IPv4IsDotted) {
  EXPECT_EQ(to_string(ipv4_address(0)), "0.0.0.0");
  EXPECT_EQ(to_string(ipv4_address(0x0a6401ff)), "10.100.1.255");
}

TEST(Address, NoAddressIsAQuestionMark) {
  EXPECT_EQ(to_string(IpAddress{}), "?");
}

TEST(Address, MacIsSixPairsOfLowerCaseDigits) {
  EXPECT_EQ(to_string(MacAddress{{0x02, 0, 0xab, 0xcd, 0xef, 0x09}}), "02:00:ab:cd:ef:09");
}

}  // namespace
}  // namespace skbtrail::packet
