// Which drops are nothing wrong.
#include "event/benign.h"

#include <gtest/gtest.h>

#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::RecordBuilder;

class Named : public test::FakeNames {
 public:
  Named(const char* reason, const char* location) : reason_(reason), location_(location) {}
  std::string_view name(NameKind kind, uint64_t number) const override {
    return kind == NameKind::drop_reason ? reason_
           : kind == NameKind::symbol    ? location_
                                         : FakeNames::name(kind, number);
  }

 private:
  std::string_view reason_, location_;
};

enum Copied { alone, copied };

std::string why(const Named& names, const std::vector<uint8_t>& packet, Copied is_copied = alone, bool reason = true) {
  const auto number = reason ? std::optional<uint32_t>(5) : std::nullopt;
  const auto record = RecordBuilder().probe(0).drop(1, number, is_copied == copied).packet(packet).bytes();
  return std::string(why_benign(Event::decode(record, names).value()));
}

const auto kReply = test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(0, 0, 1).bytes();
const auto kReply6 = test::PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").icmp6(129, 0, 1).bytes();
const auto kRequest = test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1).bytes();

TEST(Benign, TheOriginalOfAnEchoReplyOfWhichACopyWasMade) {
  EXPECT_EQ(why({"NO_SOCKET", "ping_rcv+0xab"}, kReply, copied),
            "no ping socket, but a raw socket or a capture got a copy");
  EXPECT_NE(why({"NO_SOCKET", "icmp_rcv+0x1"}, kReply, copied), "");
  EXPECT_NE(why({"NO_SOCKET", "icmpv6_rcv+0x1"}, kReply6, copied), "");
}

TEST(Benign, WhatNobodyGotIsMissed) {
  EXPECT_EQ(why({"NO_SOCKET", "ping_rcv+0xab"}, kReply, alone), "");
  EXPECT_EQ(why({"NO_SOCKET", "ping_rcv+0xab"}, kRequest, copied), "");
  EXPECT_EQ(why({"NO_SOCKET", "ping_rcv+0xab"}, {}, copied), "");
  EXPECT_EQ(why({"NO_SOCKET", "__udp4_lib_rcv+0x3"}, kReply, copied), "");
  EXPECT_EQ(why({"ICMP_CSUM", "icmp_rcv+0x3"}, kReply, copied), "");
  EXPECT_EQ(why({"", "icmp_rcv+0x3"}, kReply, copied, false), "");
}

TEST(Benign, WhatASocketHadInItsQueueWhenItWasClosed) {
  for (const char* location : {"inet_sock_destruct+0x2f", "sk_stream_kill_queues+0x1", "unix_sock_destructor+0x9"})
    for (const char* reason : {"QUEUE_PURGE", "NOT_SPECIFIED"})
      EXPECT_EQ(why({reason, location}, {}), "unread when its socket was closed") << location;
  EXPECT_NE(why({"", "inet_sock_destruct+0x2f"}, {}, alone, false), "");
  EXPECT_NE(why({"SOCKET_CLOSE", "unix_release_sock+0x2f"}, {}), "");
}

TEST(Benign, ACopyForARawSocketThatDidNotWantIt) {
  EXPECT_EQ(why({"SOCKET_FILTER", "raw_rcv+0x220"}, kReply), "a copy for a raw socket, whose filter refused it");
  EXPECT_NE(why({"SOCKET_FILTER", "rawv6_rcv+0x1"}, kReply6), "");
  EXPECT_EQ(why({"SOCKET_FILTER", "tcp_v4_rcv+0x1"}, kReply), "");
}

TEST(Benign, AQueueThatIsNoSocketsMayLosePackets) {
  EXPECT_EQ(why({"QUEUE_PURGE", "tun_detach+0x2f"}, {}), "");
  EXPECT_EQ(why({"QUEUE_PURGE", ""}, {}), "");
  EXPECT_EQ(why({"TCP_RESET", "inet_sock_destruct+0x2f"}, {}), "");
  EXPECT_EQ(why({"QUEUE_PURGE", "my_inet_sock_destruct+0x2f"}, {}), "");
}

}  // namespace
}  // namespace skbtrail::event
