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
  const auto record =
      RecordBuilder().probe(0).sk(0xffff888005550000).drop(1, number, is_copied == copied).packet(packet).bytes();
  return std::string(why_benign(Event::decode(record, names).value()));
}

const auto kReply = test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(0, 0, 1).bytes();
const auto kReply6 = test::PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").icmp6(129, 0, 1).bytes();
const auto kRequest = test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1).bytes();

TEST(Benign, AFragmentThatIsFreedWithTheDatagramThatItIsPartOf) {
  EXPECT_EQ(why({"NOT_SPECIFIED", "skb_release_data+0x12c"}, kRequest), "freed with the packet that it is part of");
  EXPECT_EQ(why({"FRAG_REASM_TIMEOUT", "inet_frag_rbtree_purge+0x4c"}, kRequest), "");
}

TEST(Benign, AMessageOfNeighborsToAGroupThatTheDeviceIsNotIn) {
  const auto to_group = [](unsigned type) {
    return test::PacketBuilder().ethernet().ipv6("fe80::1", "ff02::16").icmp6(type, 0, 0).bytes();
  };
  for (const unsigned type : {130, 133, 135, 143}) {
    EXPECT_EQ(why({"NOT_SPECIFIED", "ip6_mc_input+0x1f"}, to_group(type)),
              "to a group of neighbors that this device is not in");
    EXPECT_NE(why({"", "ip6_mc_input+0x1f"}, to_group(type), alone, false), "");
    EXPECT_EQ(why({"NOT_SPECIFIED", "ip6_rcv_core+0x1f"}, to_group(type)), "");
    EXPECT_EQ(why({"IP_INHDR", "ip6_mc_input+0x1f"}, to_group(type)), "");
  }
  EXPECT_EQ(why({"NOT_SPECIFIED", "ip6_mc_input+0x1f"}, to_group(128)), "") << "an echo may be missed";
  EXPECT_EQ(why({"NOT_SPECIFIED", "ip6_mc_input+0x1f"}, kRequest), "");
}

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

// A closed port's answer, which a socket had in its queue of errors when it was closed. Any queue is emptied there.
TEST(Benign, AnErrorThatASocketDidNotAskFor) {
  const auto error = test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(3, 3, 0).bytes();
  for (const char* reason : {"QUEUE_PURGE", "NOT_SPECIFIED"}) {
    EXPECT_EQ(why({reason, "skb_queue_purge_reason+0x2f"}, error), "unread when its socket was closed");
    EXPECT_EQ(why({reason, "skb_queue_purge_reason+0x2f"}, kRequest), "");
  }
  EXPECT_EQ(why({"QUEUE_PURGE", "pfifo_fast_reset+0x2f"}, error), "");
}

TEST(Benign, ACopyForARawSocketThatDidNotWantIt) {
  EXPECT_EQ(why({"SOCKET_FILTER", "raw_rcv+0x220"}, kReply), "a copy for a raw socket, whose filter refused it");
  EXPECT_NE(why({"SOCKET_FILTER", "rawv6_rcv+0x1"}, kReply6), "");
  EXPECT_EQ(why({"SOCKET_FILTER", "tcp_v4_rcv+0x1"}, kReply), "");
}

class OfALaterKernel : public Named {
 public:
  using Named::Named;
  bool has_drop_reason(std::string_view name) const override { return name == "TCP_LISTEN_OVERFLOW"; }
};

TEST(Benign, WhatTimeWaitTakesNoteOf) {
  const auto tcp = [](uint8_t flags, size_t payload) {
    return test::PacketBuilder()
        .ethernet()
        .ipv4("10.0.0.1", "10.0.0.2")
        .tcp(1, 2, {.flags = flags})
        .payload(payload)
        .bytes();
  };
  constexpr uint8_t kFin = 1, kSyn = 2, kAck = 16;
  const OfALaterKernel later("NOT_SPECIFIED", "tcp_v4_rcv+0x1");
  EXPECT_EQ(why(later, tcp(kFin | kAck, 0)), "its connection is in TIME_WAIT, which took note of it");
  EXPECT_NE(why(later, tcp(kAck, 0)), "");
  EXPECT_EQ(why(later, tcp(kAck, 9)), "");
  EXPECT_EQ(why(later, tcp(kSyn, 0)), "");
  EXPECT_EQ(why(later, kReply), "");
  EXPECT_EQ(why(OfALaterKernel("NO_SOCKET", "tcp_v4_rcv+0x1"), tcp(kFin | kAck, 0)), "");
  EXPECT_EQ(why(Named("NOT_SPECIFIED", "tcp_v4_rcv+0x1"), tcp(kFin | kAck, 0)), "") << "a listen queue may be full";
}

TEST(Benign, TheAcknowledgementThatEndsAConnection) {
  const auto segment = [](uint8_t flags, size_t payload) {
    return test::PacketBuilder()
        .ethernet()
        .ipv4("10.0.0.1", "10.0.0.2")
        .tcp(1, 2, {.flags = flags})
        .payload(payload)
        .bytes();
  };
  const Named last("NOT_SPECIFIED", "tcp_rcv_state_process+0x4ad");
  EXPECT_EQ(why(last, segment(16, 0)), "the last of its connection, which took note of it");
  EXPECT_EQ(why(last, segment(16, 9)), "");
  EXPECT_EQ(why(last, segment(2, 0)), "");
  EXPECT_EQ(why(Named("TCP_CLOSE", "tcp_rcv_state_process+0x4ad"), segment(16, 0)), "");
}

TEST(Benign, AnOlderKernelMayTellOfTimeWaitByTheSocket) {
  const Named older("NOT_SPECIFIED", "tcp_v4_rcv+0x1");
  const auto fin = test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, {.flags = 17}).bytes();
  const auto record = [&](bool time_wait) {
    return RecordBuilder().probe(0).drop(1, 5, false, time_wait).packet(fin).bytes();
  };
  const auto known = record(true), unknown = record(false);
  EXPECT_EQ(why_benign(Event::decode(known, older).value()), "its connection is in TIME_WAIT, which took note of it");
  EXPECT_EQ(why_benign(Event::decode(unknown, older).value()), "");
  const auto without_reason = RecordBuilder().probe(0).drop(1, std::nullopt, false, true).packet(fin).bytes();
  EXPECT_NE(why_benign(Event::decode(without_reason, older).value()), "");
}

TEST(Benign, AQueueThatIsNoSocketsMayLosePackets) {
  EXPECT_EQ(why({"QUEUE_PURGE", "tun_detach+0x2f"}, {}), "");
  EXPECT_EQ(why({"QUEUE_PURGE", ""}, {}), "");
  EXPECT_EQ(why({"TCP_RESET", "inet_sock_destruct+0x2f"}, {}), "");
  EXPECT_EQ(why({"QUEUE_PURGE", "my_inet_sock_destruct+0x2f"}, {}), "");
}

}  // namespace
}  // namespace skbtrail::event
