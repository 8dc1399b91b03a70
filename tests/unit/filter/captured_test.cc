// Conditions on recorded events: as live, but where an answer needs what was not kept it is open.
#include "filter/captured.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "event/ethernet_frame.h"
#include "filter/expression.h"
#include "sample_records.h"
#include "tests/filter/ebpf_interpreter.h"
#include "tests/filter/expressions.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/filter/packets.h"

namespace skbtrail::filter {
namespace {

using test::PacketBuilder;
using test::RecordBuilder;

Tribool evaluate(const std::string& expression, const RecordBuilder& record) {
  static const test::FakeNames names;
  const auto bytes = record.bytes();
  PacketFilter filter;
  filter.packet = compile(expression);
  return CapturedConditions(filter, {}, "").evaluate(*event::Event::decode(bytes, names));
}

Tribool evaluate(const Conditions& conditions, const RecordBuilder& record, const std::string& netns = "") {
  static const test::FakeNames names;
  const auto bytes = record.bytes();
  return CapturedConditions({}, conditions, netns).evaluate(*event::Event::decode(bytes, names));
}

RecordBuilder syn() {
  return RecordBuilder().packet(test::tcp_syn());
}

TEST(Captured, ExpressionsAreJudgedOnWholePackets) {
  EXPECT_EQ(evaluate("tcp port 80", syn()), Tribool::yes);
  EXPECT_EQ(evaluate("tcp port 81", syn()), Tribool::no);
  EXPECT_EQ(evaluate("ether[2000] = 1", syn()), Tribool::no);  // the packet is not that long
}

TEST(Captured, ALengthHasNoMadeHeaderAndTheTagOfAFrame) {
  const auto ip = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1).payload(56).bytes();
  const auto raw = RecordBuilder().network_packet(ip, 0x0800);
  EXPECT_EQ(evaluate("icmp and len = 84", raw), Tribool::yes);
  EXPECT_EQ(evaluate("less 83", raw), Tribool::no);
  EXPECT_EQ(evaluate("ip[len - 4:4] = 0x78787878", raw), Tribool::yes);
  EXPECT_EQ(evaluate("len = 54", syn()), Tribool::yes);
  EXPECT_EQ(evaluate("len = 58", syn().vlan(100)), Tribool::yes);
  EXPECT_EQ(evaluate("len = 84", RecordBuilder(raw).vlan(100)), Tribool::yes);
}

// What the kernel says of an event's packet (bpf/packet_filter.h), in the interpreter.
bool judged_live(const std::vector<bpf_insn>& code, const event::Event& event, uint32_t length) {
  const bool network = event.core->start_layer == REC_START_NETWORK, tagged = event.has(REC_FLAG_VLAN);
  const uint16_t variant =
      network ? (tagged ? FILTER_TAGGED_NETWORK : FILTER_NETWORK) : (tagged ? FILTER_TAGGED_LINK : FILTER_LINK);
  const test::InterpretedPacket packet{
      .copy = {},
      .linear = event.bytes,
      .wire_len = length,
      .packet_type = event.core->pkt_type,
      .ethertype = __builtin_bswap16(event.core->protocol),
      .tag = tagged ? uint32_t{__builtin_bswap16(event.core->vlan_proto)} << 16 | event.core->vlan_tci : 0,
      .variant = variant};
  return test::Interpreter(code).run(packet) > FILTER_OUT_OF_RANGE;
}

// Every expression of the proof, of packets with and without made headers and tags beside their bytes.
TEST(Captured, AnExpressionSaysTheSameLiveInARecordingAndByLibpcapOfTheSameBytes) {
  static const test::FakeNames names;
  std::vector<RecordBuilder> records;
  for (const auto& packet : test::filter_packets(160)) {
    if (packet.bytes.size() < 40) continue;
    const bool link = packet.bytes[0] == 2 || packet.bytes[0] == 0xff || packet.bytes[0] == 1;
    const auto record =
        link ? RecordBuilder().packet(packet.bytes) : RecordBuilder().network_packet(packet.bytes, packet.ethertype);
    records.push_back(record);
    records.push_back(RecordBuilder(record).vlan(10));
  }
  ASSERT_GT(records.size(), 100u);
  size_t yes = 0, compared = 0;
  for (const std::string& expression : test::filter_expressions()) {
    const auto measure = test::LibpcapJudge::compile(expression, test::LinkType::ethernet);
    PacketFilter filter;
    try {
      if (measure) filter.packet = compile(expression);
    } catch (const std::invalid_argument&) {
    }
    if (!filter.packet || asks_packet_type(*filter.packet)) continue;
    const auto code = packet_filter_code(filter, Access::typed, 256,
                                         {test::Interpreter::kCastFunction, test::Interpreter::kCastType});
    const CapturedConditions recorded(filter, {}, "");
    for (const RecordBuilder& record : records) {
      const auto bytes = record.bytes();
      const auto event = *event::Event::decode(bytes, names);
      const uint8_t changes = event::frame_changes(event);
      const auto size = static_cast<uint32_t>(event.bytes.size());
      const uint32_t length = size + (changes == event::kFrameTag ? 4 : 0);
      test::ByteVector frame(size + event::added_by(changes));
      event::write_frame(event, changes, reinterpret_cast<std::byte*>(frame.data()));
      const bool expected = measure->judge(frame, length) != 0;
      ASSERT_EQ(recorded.evaluate(event) == Tribool::yes, expected) << expression;
      ASSERT_EQ(judged_live(code, event, length), expected) << expression;
      compared++;
      yes += expected;
    }
  }
  EXPECT_GT(compared, 30000u);
  EXPECT_GT(yes, compared / 40);
}

TEST(Captured, AByteThatWasNotKeptLeavesTheAnswerOpen) {
  EXPECT_EQ(evaluate("tcp port 80", syn().snap(30)), Tribool::unknown);
  EXPECT_EQ(evaluate("not tcp port 80", syn().snap(30)), Tribool::unknown);
  EXPECT_EQ(evaluate("udp", syn().snap(30)), Tribool::no);
  EXPECT_EQ(evaluate("tcp", syn().snap(30)), Tribool::yes);
}

TEST(Captured, APacketWithoutALinkHeaderIsJudgedBehindAMadeOne) {
  const auto ip = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53).payload(9).bytes();
  for (const uint16_t protocol : {uint16_t{0x0800}, uint16_t{0}}) {
    const auto record = RecordBuilder().network_packet(ip, protocol);
    EXPECT_EQ(evaluate("udp port 53 and ether proto 0x0800", record), Tribool::yes);
    EXPECT_EQ(evaluate("vlan 100", RecordBuilder(record).vlan(100)), Tribool::yes);
    EXPECT_EQ(evaluate("vlan 100 and udp port 53", RecordBuilder(record).vlan(100)), Tribool::yes);
  }
}

TEST(Captured, ATagThatIsInTheSkbAloneCounts) {
  EXPECT_EQ(evaluate("vlan 100 and tcp port 80", syn().vlan(100)), Tribool::yes);
  EXPECT_EQ(evaluate("vlan 101", syn().vlan(100)), Tribool::no);
}

TEST(Captured, InboundAndOutboundAskThePacketsType) {
  constexpr uint8_t kMulticast = 2, kOutgoing = 4;
  EXPECT_EQ(evaluate("outbound", syn().pkt_type(kOutgoing)), Tribool::yes);
  EXPECT_EQ(evaluate("inbound", syn().pkt_type(kOutgoing)), Tribool::no);
  EXPECT_EQ(evaluate("inbound", syn().pkt_type(kMulticast)), Tribool::yes);
}

TEST(Captured, WhichWayAPacketGoesIsOpenWhereNothingTells) {
  EXPECT_EQ(evaluate("inbound", syn()), Tribool::unknown);
  EXPECT_EQ(evaluate("not outbound", syn()), Tribool::unknown);
  EXPECT_EQ(evaluate("inbound and udp", syn()), Tribool::no);
  EXPECT_EQ(evaluate("outbound or tcp", syn()), Tribool::yes);
  constexpr uint16_t kNetDevQueue = 2;
  EXPECT_EQ(evaluate("outbound", syn().probe(kNetDevQueue)), Tribool::yes);
}

TEST(Captured, WhatHasNoBytesMatchesNoExpression) {
  EXPECT_EQ(evaluate("tcp", RecordBuilder()), Tribool::no);
  EXPECT_EQ(evaluate("not tcp", RecordBuilder()), Tribool::no);
}

TEST(Captured, NamespacesAreAskedByNumberAndByTheirRecordedName) {
  const auto record = syn().device("veth0", 2, 1);
  EXPECT_EQ(evaluate(Conditions{}, record, "1"), Tribool::yes);
  EXPECT_EQ(evaluate(Conditions{}, record, "host"), Tribool::yes);
  EXPECT_EQ(evaluate(Conditions{}, record, "blue"), Tribool::no);
  EXPECT_EQ(evaluate(Conditions{}, syn(), "host"), Tribool::unknown);
}

TEST(Captured, TasksCountWhileTheyDoItThemselves) {
  Conditions ping;
  ping.set_comm("pi*");
  EXPECT_EQ(evaluate(ping, syn().task("ping", 1, 1, REC_CONTEXT_PROCESS)), Tribool::yes);
  EXPECT_EQ(evaluate(ping, syn().task("ping", 1, 1, REC_CONTEXT_SOFTIRQ)), Tribool::no);
  EXPECT_EQ(evaluate(ping, syn()), Tribool::unknown);
}

// The owner may be another process than the one on the CPU, and the process of a thread may have another name.
TEST(Captured, WhoOwnsASocketIsNotRecorded) {
  Conditions ping;
  ping.set_pid("7");
  ping.set_comm("pi*");
  const auto judged = [&](uint32_t pid, uint32_t tid, const char* comm, uint8_t context) {
    return evaluate(ping, syn().sk(0xffff888101000000).task(comm, pid, tid, context));
  };
  EXPECT_EQ(judged(7, 7, "ping", REC_CONTEXT_PROCESS), Tribool::yes);
  EXPECT_EQ(judged(7, 8, "worker", REC_CONTEXT_PROCESS), Tribool::unknown);
  EXPECT_EQ(judged(9, 9, "ping", REC_CONTEXT_PROCESS), Tribool::unknown);
  EXPECT_EQ(judged(7, 7, "ping", REC_CONTEXT_SOFTIRQ), Tribool::unknown);
  EXPECT_EQ(evaluate(ping, syn().task("cat", 9, 9, REC_CONTEXT_PROCESS)), Tribool::no);
}

TEST(Captured, OfWhatWasRecordedForTheSameOwnerAllIsAskedFor) {
  static const test::FakeNames names;
  Conditions ping;
  ping.set_pid("7");
  const auto bytes = syn().task("swapper/0", 0, 0, REC_CONTEXT_SOFTIRQ).bytes();
  const CapturedConditions conditions({}, ping, "");
  EXPECT_EQ(conditions.evaluate(*event::Event::decode(bytes, names)), Tribool::no);
  EXPECT_EQ(conditions.evaluate(*event::Event::decode(bytes, names), true), Tribool::yes);
}

TEST(Captured, LengthAndMarkHaveToBeKnown) {
  Conditions conditions;
  conditions.set_length("50-60");
  conditions.set_mark("0x20/0xf0");
  EXPECT_EQ(evaluate(conditions, syn().len(54).mark(0x2a)), Tribool::yes);
  EXPECT_EQ(evaluate(conditions, syn().len(54).mark(0x3a)), Tribool::no);
  EXPECT_EQ(evaluate(conditions, syn().len(54)), Tribool::no);
}

// Packets in tunnels
// ---------------------------------------------------------------------------------------------------

Tribool judge_inner(const std::string& expression, const RecordBuilder& record) {
  static const test::FakeNames names;
  const auto bytes = record.bytes();
  PacketFilter filter;
  filter.inner = compile(expression);
  return CapturedConditions(filter, {}, "").evaluate(*event::Event::decode(bytes, names));
}

// As live: what follows the inner packet counts, a made link header does not. Also where not all bytes were kept.
TEST(Captured, TheLengthOfAPacketInATunnelReachesToTheEndOfWhatCarriesIt) {
  const auto inner = PacketBuilder().ipv4("10.1.0.1", "10.1.0.2").udp(4000, 53).payload(9).bytes();
  auto frame = PacketBuilder().ethernet().payload(inner).bytes();
  frame[12] = 8, frame[13] = 0;
  test::ByteVector vxlan{8, 0, 0, 0, 0, 0, 42, 0};
  test::put(vxlan, frame);
  const auto outer = [] { return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2"); };
  const std::pair<test::ByteVector, test::ByteVector> tunnels[] = {
      {outer().udp(4789, 4789).payload(vxlan).bytes(), frame},
      {PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 4}).payload(inner).bytes(), inner}};
  for (const auto& [packet, carried] : tunnels) {
    const bool has_link = carried.size() == frame.size();
    for (const size_t padding : {size_t{0}, size_t{9}}) {
      auto padded = packet, expected = carried;
      padded.resize(packet.size() + padding), expected.resize(carried.size() + padding);
      const auto length = static_cast<uint32_t>(expected.size());
      if (!has_link) expected.insert(expected.begin(), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0});
      for (const size_t kept : {padded.size(), packet.size() - 3}) {
        for (const uint32_t asked : {length - 9, length - 1, length, length + 9}) {
          const std::string expression = "udp and len = " + std::to_string(asked);
          const auto measure = test::LibpcapJudge::compile(expression, test::LinkType::ethernet);
          EXPECT_EQ(judge_inner(expression, RecordBuilder().packet(padded).snap(kept)),
                    measure->judge(expected, length) ? Tribool::yes : Tribool::no)
              << expression << ", padding " << padding << ", kept " << kept << " of " << padded.size();
        }
      }
    }
  }
}

// Captures of other programs
// -------------------------------------------------------------------------------------------

// As a frame of this link type that another program captured, with the packet that was found in it.
Tribool evaluate_frame(uint16_t link_type, const std::string& expression, const test::ByteVector& frame,
                       const test::ByteVector& packet, std::optional<uint8_t> pkt_type = std::nullopt, size_t cut = 0) {
  static const test::FakeNames names;
  auto record =
      RecordBuilder().probe(event::kUnknownProbe).flag(REC_FLAG_SKB_NOT_OWNED).network_packet(packet, 0).bytes();
  auto& core = *reinterpret_cast<rec_core*>(record.data());
  if (pkt_type) core.flags |= REC_FLAG_PKT_TYPE;
  core.pkt_type = pkt_type.value_or(0);
  if (packet.empty()) core.wire_len = static_cast<uint32_t>(frame.size());
  PacketFilter filter;
  filter.expression = expression;
  try {
    filter.packet = compile(expression);
  } catch (const std::invalid_argument&) {
  }
  const auto bytes = std::as_bytes(std::span(frame));
  const CapturedFrame captured{link_type, bytes.first(bytes.size() - cut), static_cast<uint32_t>(bytes.size())};
  return CapturedConditions(filter, {}, "").evaluate(*event::Event::decode(record, names), false, &captured);
}

test::ByteVector datagram() {
  return PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53).payload(9).bytes();
}

test::ByteVector cooked(uint8_t pkt_type) {
  test::ByteVector frame{0, pkt_type, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0};
  const auto packet = datagram();
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

constexpr uint16_t kRaw = 101, kCooked = 113, kWireless = 105, kNflog = 239, kUnheardOf = 299;

TEST(CapturedFrames, AreJudgedAsLibpcapDoesForTheirLinkType) {
  for (const uint8_t type : {uint8_t{0}, uint8_t{4}}) {
    const auto frame = cooked(type);
    EXPECT_EQ(evaluate_frame(kCooked, "udp port 53", frame, datagram(), type), Tribool::yes);
    EXPECT_EQ(evaluate_frame(kCooked, "udp port 54", frame, datagram(), type), Tribool::no);
    EXPECT_EQ(evaluate_frame(kCooked, "outbound", frame, datagram(), type), type == 4 ? Tribool::yes : Tribool::no);
    EXPECT_EQ(evaluate_frame(kCooked, "link[4:2] = 6", frame, datagram(), type), Tribool::yes);
    EXPECT_EQ(evaluate_frame(kCooked, "len = 53", frame, datagram(), type), Tribool::yes);  // tcpdump's length
  }
}

// A probe request, and an acknowledgement, in which there is no packet.
TEST(CapturedFrames, OfWhichLibpcapAloneKnowsTheHeaderAreJudged) {
  test::ByteVector request(30, 0);
  request[0] = 0x40;
  const test::ByteVector acknowledgement{0xd4, 0, 0, 0, 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(evaluate_frame(kWireless, "wlan type mgt subtype probe-req", request, {}), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kWireless, "wlan type mgt", acknowledgement, {}), Tribool::no);
  EXPECT_EQ(evaluate_frame(kWireless, "wlan type ctl subtype ack", acknowledgement, {}), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kWireless, "udp", request, {}), Tribool::no);
}

TEST(CapturedFrames, WhatLibpcapRefusesForALinkTypeIsOpen) {
  EXPECT_EQ(evaluate_frame(kCooked, "gateway 10.0.0.1", cooked(0), datagram()), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kCooked, "wlan type mgt", cooked(0), datagram()), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kUnheardOf, "udp", datagram(), {}), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kUnheardOf, "not udp", datagram(), {}), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kRaw, "wlan type mgt", datagram(), datagram()), Tribool::unknown);
}

TEST(CapturedFrames, ThatWereCutLeaveTheAnswerOpen) {
  EXPECT_EQ(evaluate_frame(kCooked, "udp port 53", cooked(0), datagram(), 0, 16), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kCooked, "udp", cooked(0), datagram(), 0, 16), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kCooked, "tcp", cooked(0), datagram(), 0, 16), Tribool::no);
  EXPECT_EQ(evaluate_frame(kRaw, "udp", datagram(), {}, 0, datagram().size()), Tribool::unknown);
}

// libpcap does not look for the packet in a log of netfilter; we do.
TEST(CapturedFrames, WhereLibpcapFindsNoPacketOursIsJudged) {
  test::ByteVector frame{2, 0, 0, 0, 41, 0, 9, 0};
  const auto packet = datagram();
  frame.insert(frame.end(), packet.begin(), packet.end());
  EXPECT_EQ(evaluate_frame(kNflog, "udp port 53", frame, packet), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kNflog, "tcp", frame, packet), Tribool::no);
}

TEST(CapturedFrames, WhichWayNobodyKnowsIsOpenAndNothingElse) {
  EXPECT_EQ(evaluate_frame(kRaw, "inbound", datagram(), datagram()), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kRaw, "outbound", datagram(), datagram()), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kRaw, "not inbound", datagram(), datagram()), Tribool::unknown);
  EXPECT_EQ(evaluate_frame(kRaw, "udp", datagram(), datagram()), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kRaw, "inbound and tcp", datagram(), datagram()), Tribool::no);
  EXPECT_EQ(evaluate_frame(kRaw, "inbound or udp", datagram(), datagram()), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kRaw, "inbound", datagram(), datagram(), 0), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kRaw, "outbound", datagram(), datagram(), 4), Tribool::yes);
  EXPECT_EQ(evaluate_frame(kRaw, "inbound", datagram(), datagram(), 4), Tribool::no);
}

}  // namespace
}  // namespace skbtrail::filter
