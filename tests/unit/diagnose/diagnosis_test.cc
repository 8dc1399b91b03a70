// What is said of trails, and of what is nothing said.
#include "diagnose/diagnosis.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/rules.h"
#include "trail/scene.h"
#include "trail/values.h"

namespace skbtrail::diagnose {
namespace {

using test::ByteVector;
using test::Device;
using test::kA;
using test::kB;
using test::PacketBuilder;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr uint64_t kMs = 1'000'000;
constexpr std::string_view kInB = "nsenter -n -t \"$(lsns -nro PID 7 | head -n1)\" ";  // of kB

// Reasons by their numbers, from 100 on.
class Names : public test::ProbeNames {
 public:
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    if (kind == event::NameKind::drop_reason) return reasons.at(number - 100);
    if (kind == event::NameKind::symbol) return location;
    return ProbeNames::name(kind, number);
  }
  uint32_t number_of_reason(const std::string& reason) {
    reasons.push_back(reason);
    return static_cast<uint32_t>(99 + reasons.size());
  }
  std::vector<std::string> reasons;
  std::string location = "a_function+0x1";
};

std::shared_ptr<const Reasons> reasons() {
  static const auto kReasons = std::make_shared<const Reasons>();
  return kReasons;
}

std::shared_ptr<const Rules> rules_with(const std::string& more) {
  const auto reader = run::condition_reader(*reasons());
  auto rules = std::make_shared<Rules>(reader);
  rules->add(more, "FILE", reader);
  return rules;
}

// Events in, and of each trail what is said of it.
class Clinic : public trail::Receiver {
 public:
  explicit Clinic(const std::string& more = "") : diagnosis(rules_with(more), reasons()), trails_(*this) {}

  test::RecordBuilder record(std::string_view probe, uint64_t skb, const Device& device, const ByteVector& packet) {
    test::RecordBuilder builder;
    builder.time(now += 1000)
        .probe(names.number_of(probe))
        .skb_address(skb)
        .device(device.name, device.ifindex, device.netns);
    if (!packet.empty()) builder.packet(packet).len(static_cast<uint32_t>(packet.size()));
    return builder;
  }
  void add(const test::RecordBuilder& builder) {
    const auto bytes = builder.bytes();
    const auto event = event::Event::decode(bytes, names).value();
    trails_.event(event, true, 0, diagnosis.seen(event));
  }
  void at(std::string_view probe, uint64_t skb, const Device& device, const ByteVector& packet) {
    add(record(probe, skb, device, packet));
  }
  void drop(uint64_t skb, const Device& device, const ByteVector& packet, const std::string& reason) {
    add(record("kfree_skb", skb, device, packet).drop(1, names.number_of_reason(reason)));
  }
  // From one namespace to the other, and used up there.
  void cross(const ByteVector& packet, const Device& from = kA, const Device& to = kB) {
    const uint64_t skb = next_ += 0x1000;
    at("net_dev_queue", skb, from, packet);
    at("net_dev_start_xmit", skb, from, packet);
    at("netif_receive_skb", skb, to, packet);
    at("consume_skb", skb, to, packet);
    pass(50 * kMs);
  }
  void pass(uint64_t ns) { trails_.advance(now += ns); }
  void lose() {
    event::Gap gap;
    gap.after_ns = now;
    gap.before_ns = now + 1;
    gap.lost[0] = 3;
    trails_.gap(gap, names);
    diagnosis.forget();
  }
  // What was said of the next trail, each "RULE: words".
  std::vector<std::string> said() {
    trails_.end();
    if (told.empty()) return {"(no trail)"};
    auto first = told.front();
    told.erase(told.begin());
    return first;
  }
  std::vector<std::string> last() {
    trails_.end();
    return told.empty() ? std::vector<std::string>{"(no trail)"} : told.back();
  }

  void trail(const trail::Trail& trail) override {
    const auto findings = diagnosis.of(trail, trail::values_of(trail));
    diagnosis.count(findings);
    auto& lines = told.emplace_back();
    looks.clear();
    for (const auto& found : findings) {
      lines.push_back(found.rule->name + ": " + found.words);
      looks.push_back(found.look);
    }
  }

  Names names;
  Diagnosis diagnosis;
  std::vector<std::vector<std::string>> told;
  std::vector<std::string> looks;  // of the last one
  uint64_t now = 1'000'000'000;

 private:
  trail::Trails trails_;
  uint64_t next_ = 0xffff888000100000;
};

struct Tcp {
  uint16_t id = 1;
  uint8_t flags = 0x10;
  uint32_t seq = 1;
  size_t payload = 0;
  uint8_t ttl = 64;
};
ByteVector segment(const Tcp& tcp, bool back = false) {
  PacketBuilder builder;
  const char *client = "10.0.0.1", *server = "10.0.0.2";
  builder.ethernet().ipv4(back ? server : client, back ? client : server, {.ttl = tcp.ttl, .id = tcp.id});
  builder.tcp(back ? 80 : 4000, back ? 4000 : 80, {.seq = tcp.seq, .flags = tcp.flags});
  return builder.payload(ByteVector(tcp.payload, 7)).bytes();
}
ByteVector syn(uint16_t id = 1) {
  return segment({.id = id, .flags = 0x02});
}

std::vector<std::string> said_of_drop(const std::string& reason, const std::string& location = "a_function+0x1") {
  Clinic clinic;
  clinic.names.location = location;
  clinic.at("netif_receive_skb", test::kSkb, kB, syn());
  clinic.drop(test::kSkb, kB, syn(), reason);
  return clinic.said();
}

TEST(Diagnosis, ADropIsToldByTheRuleOfItsReasonAlone) {
  const std::pair<const char*, const char*> cases[] = {
      {"NO_SOCKET", "no-socket"},
      {"SOCKET_RCVBUFF", "receive-buffer-full"},
      {"TCP_LISTEN_OVERFLOW", "listen-queue-full"},
      {"NETFILTER_DROP", "firewall"},
      {"TC_INGRESS", "traffic-control"},
      {"XDP", "xdp"},
      {"IP_RPFILTER", "rp-filter"},
      {"IP_LOCAL_SOURCE", "martian"},
      {"IP_INNOROUTES", "no-route"},
      {"IP_INADDRERRORS", "not-forwarded"},
      {"OTHERHOST", "other-host"},
      {"PKT_TOO_BIG", "too-big"},
      {"NEIGH_FAILED", "neighbour-failed"},
      {"QDISC_OVERLIMIT", "qdisc-drop"},
      {"CPU_BACKLOG", "cpu-queue-full"},
      {"DEV_READY", "device-down"},
      {"UNHANDLED_PROTO", "unknown-protocol"},
      {"IPV6DISABLED", "ipv6-disabled"},
      {"TCP_CSUM", "bad-checksum"},
      {"TCP_RFC7323_PAWS", "old-duplicate"},
      {"SOCKET_FILTER", "socket-filter"},
      {"METHOD_OF_TOMORROW", "dropped"},
      {"IP_INHDR", "dropped"},
  };
  for (const auto& [reason, rule] : cases)
    EXPECT_THAT(said_of_drop(reason), ElementsAre(StartsWith(std::string(rule) + ": "))) << reason;
  EXPECT_THAT(said_of_drop("IP_INHDR", "ip_forward+0x9"), ElementsAre(StartsWith("ttl-expired: its TTL has come")));
}

TEST(Diagnosis, TheCommandHasThePacketsOwnAddressesWhereItWasDropped) {
  Clinic clinic;
  clinic.at("netif_receive_skb", test::kSkb, kB, syn());
  const auto behind_nat =
      PacketBuilder().ethernet().ipv4("10.0.0.1", "192.0.2.7").tcp(4000, 8080, {.seq = 1, .flags = 0x02}).bytes();
  clinic.at("ip_rcv", test::kSkb, kB, behind_nat);
  clinic.drop(test::kSkb, kB, behind_nat, "NO_SOCKET");
  EXPECT_THAT(clinic.said(),
              ElementsAre(StartsWith("no-socket: "),
                          "translated: translated on its way (NAT): from then on it is from 10.0.0.1 to 192.0.2.7"));
  EXPECT_EQ(clinic.looks.front(), fmt::format("{}ss -Hanpt sport = :8080", kInB));
}

// Of whichever direction of its connection it is, one of the two shows that.
TEST(Diagnosis, ATranslationIsLookedForWhereItWasMadeByTheAddressesOfBefore) {
  const Device behind{9, 4, "v2"};
  const auto after =
      PacketBuilder().ethernet().ipv4("10.0.0.1", "192.0.2.7").tcp(4000, 80, {.seq = 1, .flags = 0x02}).bytes();
  Clinic clinic;
  clinic.at("net_dev_queue", test::kSkb, kA, syn());
  clinic.at("netif_receive_skb", test::kSkb, kB, syn());
  clinic.at("net_dev_queue", test::kSkb, kB, after);
  clinic.at("netif_receive_skb", test::kSkb, behind, after);
  clinic.at("consume_skb", test::kSkb, behind, after);
  EXPECT_THAT(clinic.said(), ElementsAre(StartsWith("translated: ")));
  EXPECT_THAT(clinic.looks,
              ElementsAre(fmt::format(
                  "{0}conntrack -L -s 10.0.0.1 -d 10.0.0.2; {0}conntrack -L -r 10.0.0.1 -q 10.0.0.2", kInB)));
}

TEST(Diagnosis, NothingIsSaidOfWhatWentWell) {
  Clinic clinic;
  clinic.cross(syn());
  clinic.cross(segment({.flags = 0x12}, true), kB, kA);
  clinic.cross(segment({.id = 2, .flags = 0x10, .seq = 2}));
  clinic.cross(segment({.id = 3, .flags = 0x18, .seq = 2, .payload = 100}));
  clinic.cross(segment({.id = 4, .flags = 0x18, .seq = 102, .payload = 100}));
  clinic.cross(segment({.id = 5, .flags = 0x11, .seq = 202}));
  EXPECT_THAT(clinic.said(), IsEmpty());
  for (const auto& lines : clinic.told) EXPECT_THAT(lines, IsEmpty());
  EXPECT_EQ(clinic.diagnosis.without(), 6u);
  EXPECT_TRUE(clinic.diagnosis.counts().empty());
}

TEST(Diagnosis, AResetThatAnswersARequestIsARefusal) {
  Clinic clinic;
  clinic.cross(segment({.flags = 0x14}, true), kB, kA);
  EXPECT_THAT(clinic.said(), IsEmpty());
  clinic.cross(syn());
  clinic.cross(segment({.id = 2, .flags = 0x14}, true), kB, kA);
  EXPECT_THAT(clinic.last(), ElementsAre("refused: 10.0.0.2 refuses the connection to port 80 with a reset"));
  EXPECT_THAT(clinic.looks.front(), testing::HasSubstr("ss -Hlnt sport = :80"));
}

// What was sent is kept to be sent again, and freed after the answer.
TEST(Diagnosis, AResetIsARefusalThoughTheTrailOfTheRequestIsClosedBehindIt) {
  Clinic clinic;
  clinic.at("net_dev_queue", test::kOther, kA, syn());
  clinic.cross(segment({.id = 2, .flags = 0x14}, true), kB, kA);
  EXPECT_THAT(clinic.said(), ElementsAre(StartsWith("refused: ")));
}

TEST(Diagnosis, AResetIsAFirewallsWhereOneDroppedTheRequest) {
  Clinic clinic;
  clinic.drop(test::kOther, kB, syn(), "NETFILTER_DROP");
  clinic.cross(segment({.id = 2, .flags = 0x14}, true), kB, kA);
  EXPECT_THAT(clinic.last(),
              ElementsAre("rejected-with-reset: in the name of 10.0.0.2 a firewall refuses the connection "
                          "to port 80 with a reset"));
}

// The request was seen in one namespace, dropped in the other, and its trail is not closed yet.
TEST(Diagnosis, AResetIsAFirewallsThoughTheRequestsTrailIsClosedBehindIt) {
  Clinic clinic;
  clinic.at("net_dev_queue", test::kThird, kA, syn());
  clinic.at("netif_receive_skb", test::kThird, kB, syn());
  clinic.drop(test::kOther, kB, syn(), "NETFILTER_DROP");
  clinic.cross(segment({.id = 2, .flags = 0x14}, true), kB, kA);
  EXPECT_THAT(clinic.said(), testing::Contains(StartsWith("rejected-with-reset: ")));
}

TEST(Diagnosis, AResetOfAConnectionThatWasThereIsNone) {
  Clinic clinic;
  clinic.cross(syn());
  clinic.cross(segment({.flags = 0x12}, true), kB, kA);
  clinic.cross(segment({.id = 2, .flags = 0x10, .seq = 2}));
  clinic.cross(segment({.id = 3, .flags = 0x14}, true), kB, kA);
  EXPECT_THAT(clinic.last(), ElementsAre("reset: 10.0.0.2 breaks the connection off with a reset"));
}

TEST(Diagnosis, ARequestThatAListenerTakesTwiceAndNobodyAnswersIsNotTaken) {
  for (const bool answered : {false, true}) {
    Clinic clinic;
    clinic.names.location = "tcp_rcv_state_process+0x3f";
    const auto ask = [&](uint16_t id) {
      const uint64_t skb = test::kSkb + id * 0x1000u;
      clinic.at("net_dev_queue", skb, kA, syn(id));
      clinic.at("netif_receive_skb", skb, kB, syn(id));
      clinic.add(clinic.record("consume_skb", skb, kB, syn(id)).drop(1, std::nullopt));
      clinic.pass(50 * kMs);
    };
    ask(1);
    EXPECT_THAT(clinic.last(), IsEmpty());
    if (answered) clinic.cross(segment({.flags = 0x12}, true), kB, kA);
    ask(2);
    EXPECT_THAT(clinic.last(),
                ElementsAre(StartsWith(answered ? "retransmitted: " : "request-not-taken: a listener got this SYN 2")));
  }
}

TEST(Diagnosis, ASegmentThatIsSentAgainIsARetransmissionAndTheSamePacketIsNot) {
  Clinic clinic;
  const auto sent = [&](uint16_t id) { clinic.cross(segment({.id = id, .flags = 0x18, .seq = 9, .payload = 50})); };
  sent(1);
  sent(1);
  EXPECT_THAT(clinic.last(), IsEmpty());
  sent(2);
  EXPECT_THAT(clinic.last(), ElementsAre(StartsWith("retransmitted: sent 2 times")));
  clinic.cross(segment({.id = 3, .seq = 9}));
  clinic.cross(segment({.id = 4, .seq = 9}));
  EXPECT_THAT(clinic.last(), IsEmpty());
}

// Of one size and with one sequence number: the last acknowledgement and what closes the connection.
TEST(Diagnosis, AFinAfterAnAcknowledgementIsNotSentAgainAndOneThatIsIs) {
  Clinic clinic;
  clinic.cross(segment({.id = 1, .flags = 0x10, .seq = 9}));
  clinic.cross(segment({.id = 2, .flags = 0x11, .seq = 9}));
  EXPECT_THAT(clinic.last(), IsEmpty());
  clinic.cross(segment({.id = 3, .flags = 0x11, .seq = 9}));
  EXPECT_THAT(clinic.last(), ElementsAre(StartsWith("retransmitted: sent 2 times")));
}

TEST(Diagnosis, WhereEventsWereLostNothingIsKnownOfWhatWasBefore) {
  Clinic clinic;
  clinic.cross(syn(1));
  clinic.lose();
  clinic.pass(1000 * kMs);
  clinic.cross(syn(2));
  EXPECT_THAT(clinic.last(), IsEmpty());
  clinic.cross(syn(3));
  EXPECT_THAT(clinic.last(), ElementsAre(StartsWith("retransmitted: sent 2 times")));
}

TEST(Diagnosis, AFlowIsForgottenAfterAMinute) {
  Clinic clinic;
  clinic.cross(syn(1));
  clinic.pass(61'000 * kMs);
  clinic.cross(syn(2));
  EXPECT_THAT(clinic.last(), IsEmpty());
}

TEST(Diagnosis, LargeOnesThatAreTooBigAgainAndAgainFallIntoABlackHole) {
  Clinic clinic;
  for (uint16_t id = 1; id <= 2; id++) {
    const auto large = segment({.id = id, .flags = 0x18, .seq = 5, .payload = 1400});
    const uint64_t skb = test::kSkb + id * 0x1000u;
    clinic.at("net_dev_queue", skb, kA, large);
    clinic.drop(skb, kB, large, "PKT_TOO_BIG");
    clinic.pass(50 * kMs);
  }
  EXPECT_THAT(clinic.told.front(), ElementsAre(StartsWith("too-big: ")));
  EXPECT_THAT(clinic.last(), ElementsAre(StartsWith("mtu-black-hole: sent 2 times with the same size")));
}

TEST(Diagnosis, LargeOnesThatAreLostElsewhereAreSaidToBeLargeOnlyIfSmallOnesAreAnswered) {
  for (const bool answered : {false, true}) {
    Clinic clinic;
    if (answered) clinic.cross(segment({.flags = 0x12}, true), kB, kA);
    for (uint16_t id = 1; id <= 3; id++) clinic.cross(segment({.id = id, .flags = 0x18, .seq = 5, .payload = 1400}));
    EXPECT_THAT(clinic.last(), ElementsAre(StartsWith(answered ? "large-lost: sent 3 times" : "retransmitted: ")));
  }
}

ByteVector arp(uint16_t operation, const char* from, const char* to) {
  return PacketBuilder().ethernet().arp({.operation = operation, .sender_ip = from, .target_ip = to}).bytes();
}

TEST(Diagnosis, ARequestIsUnansweredTheThirdTime) {
  const auto ask = [](Clinic& clinic) { clinic.cross(arp(1, "10.0.0.1", "10.0.0.9")); };
  Clinic clinic;
  ask(clinic);
  ask(clinic);
  EXPECT_THAT(clinic.last(), IsEmpty());
  ask(clinic);
  EXPECT_THAT(clinic.last(), ElementsAre("arp-unanswered: asked 3 times who has 10.0.0.9, without an answer"));
  clinic.cross(arp(2, "10.0.0.9", "10.0.0.1"), kB, kA);
  ask(clinic);
  ask(clinic);
  EXPECT_THAT(clinic.last(), IsEmpty());
}

TEST(Diagnosis, AnAnswerThatLeavesByAnotherDeviceIsAsymmetric) {
  constexpr Device kC{7, 4, "v2"};
  for (const auto& back : {kB, kC}) {
    Clinic clinic;
    clinic.cross(syn());
    clinic.cross(segment({.flags = 0x12}, true), back, kA);
    if (back.ifindex == kB.ifindex)
      EXPECT_THAT(clinic.last(), IsEmpty());
    else
      EXPECT_THAT(clinic.last(), ElementsAre(StartsWith("asymmetric-route: it leaves by v2")));
    if (back.ifindex != kB.ifindex) {
      EXPECT_THAT(clinic.looks, ElementsAre(fmt::format("{}ip route get 10.0.0.1 from 10.0.0.2", kInB)));
    }
  }
}

TEST(Diagnosis, AnotherWayBackOfARouterIsLookedForThere) {
  const Device other{7, 4, "v2"}, inner{7, 5, "v3"}, host{9, 2, "e0"};
  Clinic clinic;
  const auto through = [&](uint64_t skb, const ByteVector& packet, std::initializer_list<Device> devices) {
    bool is_out = true;
    for (const auto& device : devices) {
      clinic.at(is_out ? "net_dev_queue" : "netif_receive_skb", skb, device, packet);
      is_out = !is_out;
    }
    clinic.at("consume_skb", skb, *(devices.end() - 1), packet);
    clinic.pass(50 * kMs);
  };
  through(test::kSkb, syn(), {kA, kB, inner, host});
  through(test::kOther, segment({.flags = 0x12}, true), {host, inner, other, kA});
  EXPECT_THAT(clinic.last(), ElementsAre("asymmetric-route: it leaves by v2, and what it answers came in by v1"));
  EXPECT_THAT(clinic.looks, ElementsAre(fmt::format("{}ip route get 10.0.0.1 from 10.0.0.2 iif v3", kInB)));
}

// Two pairs of namespaces with the same addresses.
TEST(Diagnosis, TheSameAddressesInOtherNamespacesAreAnotherFlow) {
  constexpr Device kOtherA{21, 2, "v0"}, kOtherB{27, 3, "v1"};
  Clinic clinic;
  clinic.cross(syn(1));
  clinic.cross(syn(2), kOtherA, kOtherB);
  EXPECT_THAT(clinic.last(), IsEmpty());
  clinic.cross(segment({.id = 3, .flags = 0x14}, true), kB, kA);
  EXPECT_THAT(clinic.last(), ElementsAre(StartsWith("refused: ")));
}

TEST(Diagnosis, APacketThatComesToOneDeviceThreeTimesIsLooped) {
  Clinic clinic;
  for (uint8_t round = 0; round < 3; round++) {
    const auto packet = segment({.id = 77, .flags = 0x02, .ttl = static_cast<uint8_t>(64 - round)});
    clinic.at("netif_receive_skb", test::kSkb, kA, packet);
    clinic.at("net_dev_queue", test::kSkb, kB, packet);
    clinic.pass(1);
  }
  clinic.drop(test::kSkb, kB, segment({.id = 77, .flags = 0x02, .ttl = 61}), "IP_INHDR");
  EXPECT_THAT(clinic.said(), ElementsAre(StartsWith("looped: it came 3 times to the same device")));
}

// Equal packets look like copies of one.
TEST(Diagnosis, APacketThatAProcessSendsAgainAndAgainIsNotLooped) {
  Clinic clinic;
  for (uint64_t round = 0; round < 4; round++) {
    const auto packet = segment({.id = 77, .flags = 0x02});
    const uint64_t skb = test::kSkb + round * 0x1000;
    clinic.add(clinic.record("net_dev_queue", skb, kA, packet).task("python3", 5, 5, REC_CONTEXT_PROCESS));
    clinic.at("netif_receive_skb", skb, kB, packet);
    clinic.at("consume_skb", skb, kB, packet);
    clinic.pass(kMs);
  }
  for (const auto& said : clinic.told) EXPECT_THAT(said, Not(Contains(StartsWith("looped")))) << said.front();
  EXPECT_THAT(clinic.last(), Not(Contains(StartsWith("looped"))));
}

TEST(Diagnosis, WhatWaitedInAQueueIsSaidToHaveWaitedThere) {
  Clinic clinic;
  clinic.at("net_dev_queue", test::kSkb, kA, syn());
  clinic.now += 200 * kMs;
  clinic.at("net_dev_start_xmit", test::kSkb, kA, syn());
  clinic.at("consume_skb", test::kSkb, kA, syn());
  EXPECT_THAT(clinic.said(), ElementsAre("stuck-in-qdisc: it waited 200.0 ms in the queue (qdisc) of v0"));
}

TEST(Diagnosis, TheQueueIsLookedAtWhereItWaitedAndNotWhereItCameTo) {
  const Device out{7, 4, "v2"}, host{9, 2, "e0"};
  Clinic clinic;
  clinic.at("net_dev_queue", test::kSkb, kA, syn());
  clinic.now += 20 * kMs;
  clinic.at("net_dev_start_xmit", test::kSkb, kA, syn());
  clinic.at("netif_receive_skb", test::kSkb, kB, syn());
  clinic.at("net_dev_queue", test::kSkb, out, syn());
  clinic.now += 40 * kMs;
  clinic.at("net_dev_start_xmit", test::kSkb, out, syn());
  clinic.at("netif_receive_skb", test::kSkb, host, syn());
  clinic.at("consume_skb", test::kSkb, host, syn());
  EXPECT_THAT(clinic.said(), ElementsAre(StartsWith("stuck-in-qdisc: it waited 40.0 ms in the queue (qdisc) of v2")));
  EXPECT_THAT(clinic.looks, ElementsAre(fmt::format("{}tc -s qdisc show dev v2", kInB)));
}

ByteVector icmp_error(unsigned type, unsigned code, bool v6 = false) {
  PacketBuilder quoted, builder;
  if (v6)
    quoted.ipv6("fd00::1", "fd00::9").udp(4000, 9000);
  else
    quoted.ipv4("10.0.0.1", "192.0.2.9").udp(4000, 9000);
  builder.ethernet();
  if (v6)
    builder.ipv6("fd00::2", "fd00::1").icmp6(type, code, 1200);
  else
    builder.ipv4("10.0.0.2", "10.0.0.1").icmp(type, code, 1200);
  return builder.payload(quoted.bytes()).bytes();
}

std::vector<std::string> looks_of_error(unsigned type, unsigned code, bool v6 = false) {
  Clinic clinic;
  clinic.at("net_dev_queue", test::kSkb, kB, icmp_error(type, code, v6));
  clinic.at("netif_receive_skb", test::kSkb, kA, icmp_error(type, code, v6));
  clinic.at("consume_skb", test::kSkb, kA, icmp_error(type, code, v6));
  clinic.said();
  return clinic.looks;
}

TEST(Diagnosis, ARouteIsAskedForWhereThePacketWasToGoThatAnErrorIsAbout) {
  EXPECT_THAT(looks_of_error(3, 4), ElementsAre("ip -4 route get 192.0.2.9"));
  EXPECT_THAT(looks_of_error(2, 0, true), ElementsAre("ip -6 route get fd00::9"));
}

TEST(Diagnosis, WhatAnErrorSaysIsLookedForInTheProtocolsThatItMayBeAbout) {
  EXPECT_THAT(looks_of_error(3, 0), ElementsAre(fmt::format("{}ip -4 route", kInB)));
  EXPECT_THAT(looks_of_error(1, 0, true), ElementsAre(fmt::format("{}ip -6 route", kInB)));
  EXPECT_THAT(looks_of_error(3, 0, true), ElementsAre(fmt::format("{}ip -6 route", kInB)));
  EXPECT_THAT(looks_of_error(3, 3), ElementsAre(fmt::format("{}ss -Hlntu", kInB)));
}

// ip6_forward() has put the device of the way on into it.
TEST(Diagnosis, WhatIsTooBigIsLookedForWithTheDeviceByWhichItCame) {
  const auto six = PacketBuilder().ethernet().ipv6("fd00::1", "fd00::9").udp(4000, 9000).payload(1400).bytes();
  const Device out{7, 4, "v2"};
  Clinic clinic;
  clinic.at("net_dev_queue", test::kSkb, kA, six);
  clinic.at("netif_receive_skb", test::kSkb, kB, six);
  clinic.drop(test::kSkb, out, six, "PKT_TOO_BIG");
  EXPECT_THAT(clinic.said(), ElementsAre(StartsWith("too-big: ")));
  EXPECT_THAT(clinic.looks,
              ElementsAre(fmt::format("{0}ip route get fd00::9 from fd00::1 iif v1; {0}ip link show", kInB)));
}

TEST(Diagnosis, WhatIsTakenForAnothersForItsVlanHadATagAndWasForThisHost) {
  constexpr uint8_t kHost = 0, kOtherHost = 3;  // PACKET_HOST, PACKET_OTHERHOST
  for (const uint8_t came_for : {kHost, kOtherHost}) {
    Clinic clinic;
    clinic.add(clinic.record("netif_receive_skb", test::kSkb, kB, syn()).vlan(5).pkt_type(came_for));
    clinic.add(clinic.record("kfree_skb", test::kSkb, kB, syn())
                   .drop(1, clinic.names.number_of_reason("OTHERHOST"))
                   .pkt_type(kOtherHost));
    EXPECT_THAT(clinic.said(), ElementsAre(StartsWith(came_for == kHost ? "no-vlan-device: " : "other-host: ")));
    if (came_for == kHost) {
      EXPECT_EQ(clinic.looks.front(), fmt::format("{}ip -d link show type vlan", kInB));
    }
  }
}

// Of two tags one is left, whose type no part of the kernel takes.
TEST(Diagnosis, WhatHasASecondTagHasNoDeviceForTheFirst) {
  Clinic clinic;
  clinic.add(clinic.record("netif_receive_skb", test::kSkb, kB, syn()).vlan(5).pkt_type(0));
  clinic.add(clinic.record("kfree_skb", test::kSkb, kB, syn())
                 .drop(1, clinic.names.number_of_reason("UNHANDLED_PROTO"))
                 .pkt_type(3));
  EXPECT_THAT(clinic.said(), ElementsAre(StartsWith("no-vlan-device: ")));
}

// The tag of a hop before is not why it was taken for another's here.
TEST(Diagnosis, WhatHadATagAtAnotherDeviceHasNoneHere) {
  Clinic clinic;
  clinic.add(clinic.record("netif_receive_skb", test::kSkb, kA, syn()).vlan(5).pkt_type(0));
  clinic.add(clinic.record("netif_receive_skb", test::kSkb, kB, syn()).pkt_type(3));
  clinic.add(clinic.record("kfree_skb", test::kSkb, kB, syn())
                 .drop(1, clinic.names.number_of_reason("OTHERHOST"))
                 .pkt_type(3));
  EXPECT_THAT(clinic.said(), ElementsAre(StartsWith("other-host: ")));
}

TEST(Diagnosis, ThatNobodyListensToWhatIsForManyIsUsual) {
  constexpr uint8_t kHost = 0, kBroadcast = 1, kMulticast = 2;
  const auto packet = PacketBuilder().ethernet().ipv4("10.0.0.1", "224.0.0.251").udp(5353, 5353).bytes();
  for (const uint8_t type : {kHost, kBroadcast, kMulticast}) {
    Clinic clinic;
    clinic.names.location = "__udp4_lib_rcv+0x1f";
    clinic.add(clinic.record("netif_receive_skb", test::kSkb, kB, packet).pkt_type(type));
    clinic.add(clinic.record("kfree_skb", test::kSkb, kB, packet)
                   .drop(1, clinic.names.number_of_reason("NOT_SPECIFIED"))
                   .pkt_type(type));
    const auto said = clinic.said();
    EXPECT_THAT(said, ElementsAre(StartsWith(type == kHost ? "dropped: " : "nobody-listens: ")));
    if (type != kHost) {
      EXPECT_EQ(clinic.looks.front(), fmt::format("{0}ip maddress show dev v1; {0}ss -Hanpu sport = :5353", kInB));
    }
  }
}

TEST(Diagnosis, ARouteThatProhibitsIsNoneThatIsMissing) {
  EXPECT_THAT(said_of_drop("IP_INNOROUTES", "ip6_pkt_prohibit+0x9"), ElementsAre(StartsWith("prohibited: ")));
  EXPECT_THAT(said_of_drop("IP_INNOROUTES", "ip6_pkt_discard+0x9"), ElementsAre(StartsWith("no-route: ")));
}

TEST(Diagnosis, WhatTookLongIsSaidBetweenWhichSteps) {
  Clinic clinic;
  clinic.at("netif_receive_skb", test::kSkb, kA, syn());
  clinic.now += 1200 * kMs;
  clinic.at("ip_rcv", test::kSkb, kA, syn());
  clinic.at("consume_skb", test::kSkb, kA, syn());
  EXPECT_THAT(clinic.said(), ElementsAre("delayed: 1.20 s of 1.20 s went by between netif_receive_skb and ip_rcv"));
}

TEST(Diagnosis, AnUnfinishedTrailIsNotDiagnosedAsDropped) {
  Clinic clinic;
  clinic.at("netif_receive_skb", test::kSkb, kA, syn());
  EXPECT_THAT(clinic.said(), IsEmpty());
}

TEST(Diagnosis, UsersRulesAskForWhatTheyLike) {
  Clinic clinic(
      "marks:\n  first:\n    step: func == first_probe\n"
      "rules:\n  mine:\n    level: info\n    step: func == second_probe and sport == 4000\n    after: first\n"
      "    times: 2\n    words: \"{times} from {src} at {dev} of {netns}\"\n    look: ss -t sport = :{dport}\n");
  const auto visit = [&](const char* probe, uint16_t id) {
    const uint64_t skb = test::kSkb + id * 0x1000u;
    clinic.at(probe, skb, kA, segment({.id = id, .seq = id}));
    clinic.at("consume_skb", skb, kA, segment({.id = id, .seq = id}));
    clinic.pass(50 * kMs);
  };
  visit("second_probe", 1);
  visit("first_probe", 2);
  visit("second_probe", 3);
  EXPECT_THAT(clinic.last(), IsEmpty());
  visit("second_probe", 4);
  EXPECT_THAT(clinic.last(), ElementsAre("mine: 2 from 10.0.0.1 at v0 of host"));
  EXPECT_THAT(clinic.looks, ElementsAre("ss -t sport = :80"));
}

TEST(Diagnosis, WordsAreAboutTheBeginTheStepOrTheFate) {
  const auto rule = [](const std::string& at) {
    return "  " + at + "-of-it:\n    level: info\n    step: func == ip_rcv\n    at: " + at +
           "\n    words: \"{dst} at {dev} of {netns}\"\n";
  };
  Clinic clinic("rules:\n" + rule("begin") + rule("step") + rule("fate"));
  const auto to = [](const char* address) {
    return PacketBuilder().ethernet().ipv4("10.0.0.1", address).tcp(4000, 80, {.seq = 1, .flags = 0x10}).bytes();
  };
  const Device other{8, 9, "v2"};
  clinic.at("netif_receive_skb", test::kSkb, kA, to("10.0.0.2"));
  clinic.at("ip_rcv", test::kSkb, kB, to("192.0.2.1"));
  clinic.at("ip_output", test::kSkb, other, to("192.0.2.2"));
  clinic.at("consume_skb", test::kSkb, other, to("192.0.2.2"));
  const auto said = clinic.said();
  EXPECT_THAT(said, testing::Contains(StartsWith("begin-of-it: 10.0.0.2 at v0 of ")));
  EXPECT_THAT(said, testing::Contains(StartsWith("step-of-it: 192.0.2.1 at v1 of ")));
  EXPECT_THAT(said, testing::Contains(StartsWith("fate-of-it: 192.0.2.2 at v2 of ")));
}

TEST(Diagnosis, FlowsTakeABoundedAmountOfMemory) {
  Conversations conversations;
  trail::Trail trail;
  trail.has_first = true;
  trail.branches.emplace_back();
  trail.steps.emplace_back();
  trail.first.inner.src = packet::ipv4_address(1);
  trail.first.inner.has_ports = true;
  for (uint32_t i = 0; i < Conversations::kMost + 100; i++) {
    trail.first.inner.dst = packet::ipv4_address(100 + i);
    EXPECT_NE(conversations.find(trail).same, nullptr);
  }
  EXPECT_EQ(conversations.size(), Conversations::kMost);
}

}  // namespace
}  // namespace skbtrail::diagnose
