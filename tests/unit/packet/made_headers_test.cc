// Headers that the kernel side made from a socket, because the skb has none yet.
#include <gtest/gtest.h>

#include "packet/packet.h"

namespace skbtrail::packet {
namespace {

// 10.0.0.1:4000 > 10.0.0.2:80, SYN, everything that a socket does not know zero.
constexpr std::array<uint8_t, 40> kSyn{0x45, 0,    0, 40,   0, 0, 0, 0, 0, 6, 0, 0, 10,   0, 0, 1, 10, 0, 0, 2,
                                       0x0f, 0xa0, 0, 0x50, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 2, 0, 0, 0,  0, 0, 0};

std::string summary(bool made) {
  Bytes input{};
  input.bytes = kSyn;
  input.start = Start::network;
  input.ethertype = kEtherIpv4;
  input.wire_len = kSyn.size();
  input.made = made;
  fmt::memory_buffer text;
  append_summary(text, input, dissect(input));
  return fmt::to_string(text);
}

TEST(MadeHeaders, ShowNoWindowBecauseNobodyHasSetIt) {
  EXPECT_EQ(summary(true), "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 7, length 0");
}

TEST(MadeHeaders, AreOtherwiseReadLikeAPacket) {
  EXPECT_EQ(summary(false), "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 7, win 0, length 0");
}

}  // namespace
}  // namespace skbtrail::packet
