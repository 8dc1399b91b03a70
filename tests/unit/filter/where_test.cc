// --where: what holds for which event, and what a user is told about a mistake, with its column.
#include "filter/where.h"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>

#include "event/trail_values.h"
#include "filter/where/glob.h"
#include "format_texts.h"
#include "sample_records.h"
#include "sentence.h"

namespace skbtrail::filter {
namespace {

using test::FakeNames;
using test::PacketBuilder;
using test::RecordBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const FakeNames kNames;

const KnownNames kKnown{
    {"NOT_SPECIFIED", "NO_SOCKET", "TCP_CSUM", "CONSUMED", "openvswitch:LAST_ACTION", "mac80211_unusable:U_MIC_FAIL",
     "a:TWICE", "b:TWICE"},
    {"kfree_skb", "net_dev_xmit", "consume_skb"},
};

Tribool judged(const RecordBuilder& builder, std::string_view text, const KnownNames& known = kKnown) {
  auto record = builder.bytes();
  auto event = event::Event::decode(record, kNames);
  EXPECT_TRUE(event);
  return Where::parse(text, known).evaluate(*event);
}

// 10.0.0.1:4000 > 10.0.0.2:80, SYN, everything known.
Tribool full(std::string_view text) {
  return judged(test::full_record(), text);
}
Tribool empty(std::string_view text) {
  return judged(RecordBuilder(), text);
}
Tribool of_packet(const PacketBuilder& packet, std::string_view text) {
  return judged(RecordBuilder().packet(packet.bytes()), text);
}

// "COLUMN: sentence", without the picture.
std::string refusal(std::string_view text, const KnownNames& known = kKnown) {
  std::string message = test::sentence<WhereError>([&] { (void)Where::parse(text, known); });
  constexpr std::string_view kBefore = "--where: column ";
  message = message.substr(0, message.find('\n'));
  return message.starts_with(kBefore) ? message.substr(kBefore.size()) : message;
}

#define HOLDS(text)   EXPECT_EQ(full(text), Tribool::yes) << (text)
#define FAILS(text)   EXPECT_EQ(full(text), Tribool::no) << (text)
#define UNKNOWN(text) EXPECT_EQ(full(text), Tribool::unknown) << (text)

// Numbers -----------------------------------------------------------------------------------------------------------

TEST(WhereNumbers, AreComparedByEveryOperator) {
  for (auto text : {"len == 54", "len = 54", "len != 53", "len < 55", "len <= 54", "len > 53", "len >= 54", "len==54"})
    HOLDS(text);
  for (auto text : {"len == 53", "len = 53", "len != 54", "len < 54", "len <= 53", "len > 54", "len >= 55"})
    FAILS(text);
}

TEST(WhereNumbers, AtTheirEndsDoNotWrapAround) {
  FAILS("len < 0");
  HOLDS("len >= 0");
  FAILS("skb > 0xffffffffffffffff");
  HOLDS("skb <= 18446744073709551615");
  HOLDS("len > -0");
}

TEST(WhereNumbers, AreDecimalOrHexadecimal) {
  HOLDS("mark == 42");
  HOLDS("mark == 0x2a");
  HOLDS("mark == 0X2A");
  HOLDS("skb == 0xffff888001234500");
  HOLDS("mark == \"42\"");
}

TEST(WhereNumbers, AreNegativeWhereTheFieldMayBe) {
  HOLDS("result == -1");
  HOLDS("result < 0");
  FAILS("result > 0");
  HOLDS("result >= -1");
  HOLDS("result in (-5--1)");
  HOLDS("result in (-1-3)");
  FAILS("result in (0-3, 7)");
}

TEST(WhereNumbers, InAListAreSingleOnesAndRanges) {
  HOLDS("len in (54)");
  HOLDS("len in (1, 54 ,70)");
  HOLDS("len in (50-54)");
  HOLDS("len in (54-60)");
  HOLDS("len in (0x30-0x40)");
  FAILS("len in (1, 55-60)");
  FAILS("len not in (50-60)");
  HOLDS("len not in (1, 2)");
  HOLDS("len ! in (1, 2)");
}

TEST(WhereNumbers, HaveTheUnitsOfTime) {
  HOLDS("mono == 1000000123");
  HOLDS("mono == 1000000123ns");
  HOLDS("mono > 1s");
  HOLDS("mono < 1.000001s");
  HOLDS("mono in (999ms-1001ms)");
  HOLDS("mono > 999999us");
  HOLDS("time > 1700000000s");
}

TEST(WhereNumbers, HaveTheUnitsOfSize) {
  HOLDS("truesize == 768B");
  HOLDS("truesize == 0.75KiB");
  for (auto text : {"truesize < 1k", "truesize < 1K", "truesize < 1KB", "truesize < 1kB", "truesize < 1KiB",
                    "truesize < 1M", "truesize < 1MB", "truesize < 1MiB", "truesize < 1G"})
    HOLDS(text);
  HOLDS("gso_size > 1k");
}

TEST(WhereNumbers, OfAnotherUnitAreRefused) {
  EXPECT_THAT(refusal("len > 10ms"), AllOf(StartsWith("7: '10ms' has a unit that is none of size"), HasSubstr("KiB")));
  EXPECT_THAT(refusal("mono > 10KiB"),
              AllOf(StartsWith("8: '10KiB' has a unit that is none of time"), HasSubstr("us")));
  EXPECT_THAT(refusal("sport == 10k"), StartsWith("10: '10k' has a unit, and the field has none"));
}

TEST(WhereNumbers, ThatAreNoneAreRefused) {
  EXPECT_EQ(refusal("len == eth0"), "8: 'eth0' is no number (len is a number of bytes)");
  EXPECT_EQ(refusal("sport == 0x"), "10: '0x' is no number (sport is a number)");
  EXPECT_EQ(refusal("sport == 1.2.3.4"), "10: '1.2.3.4' is no number (sport is a number)");
  EXPECT_THAT(refusal("len in (1, x)"), StartsWith("12: 'x' is no number"));
  EXPECT_THAT(refusal("len in (1, 2-x)"), StartsWith("12: 'x' is no number"));
  EXPECT_THAT(refusal("len == ''"), StartsWith("8: '' is no number"));
  EXPECT_THAT(refusal("len == 0.3B"), StartsWith("8: '0.3B' is no whole number"));
  EXPECT_THAT(refusal("mono == 0.1234567891s"), StartsWith("9: '0.1234567891s' is no whole number"));
  EXPECT_THAT(refusal("mono == 18446744073709551616"), StartsWith("9: '18446744073709551616' is too large"));
  EXPECT_THAT(refusal("mono == 18446744073709551615s"), StartsWith("9: '18446744073709551615s' is too large"));
  EXPECT_THAT(refusal("result == 0x8000000000000000"), StartsWith("11: '0x8000000000000000' is too large"));
  EXPECT_THAT(refusal("len > -1"), StartsWith("7: len is never negative"));
  EXPECT_EQ(refusal("len in (20-10)"), "9: the range 20-10 ends before it begins");
  EXPECT_EQ(refusal("len == 10-20"), "8: a range is written len in (10-20)");
  EXPECT_THAT(refusal("sport == dport"), StartsWith("10: dport is a field; a field is compared with a value"));
}

// Texts -------------------------------------------------------------------------------------------------------------

TEST(WhereTexts, AreBareOrQuoted) {
  for (auto text : {"ifname == veth0", "ifname == 'veth0'", "ifname==\"veth0\"", "comm != pong", "comm in (pong, ping)",
                    "location == icmp_rcv+0x0", "comm not in (a, b)"})
    HOLDS(text);
  FAILS("ifname == Veth0");
  FAILS("ifname == veth");
  FAILS("comm == ''");
}

TEST(WhereTexts, MatchGlobs) {
  for (auto text : {"ifname ~ veth*", "ifname ~ '*0'", "ifname ~ v?th[0-9]", "ifname ~ '[!a-u]eth0'", "ifname ~ *",
                    "ifname !~ eth*", "packet ~ '*Flags*[[]S]*'", "src ~ 10.0.*", "eth_src ~ 02:00:*"})
    HOLDS(text);
  FAILS("ifname ~ eth*");
  FAILS("ifname ~ VETH*");
  FAILS("ifname !~ veth*");
}

TEST(WhereTexts, KeywordsAreTextsWhereTheyAreQuoted) {
  auto named = RecordBuilder().device("and", 2);
  EXPECT_EQ(judged(named, "ifname == 'and'"), Tribool::yes);
  EXPECT_EQ(refusal("ifname == and"), "11: a value is missing after '=='; quote 'and' if it is one");
}

TEST(WhereTexts, HaveNoOrder) {
  EXPECT_EQ(refusal("ifname < 3"), "8: ifname is a text and has no order; it is compared with == != ~ !~ and in");
  EXPECT_THAT(refusal("drop_reason >= NO_SOCKET"), StartsWith("13: drop_reason is a text and has no order"));
}

TEST(WhereTexts, AGlobNeedsItsOperatorUnlessItIsQuoted) {
  EXPECT_THAT(refusal("ifname == veth*"), StartsWith("11: a glob is written ifname ~ veth*"));
  EXPECT_THAT(refusal("comm in (a, b?)"), StartsWith("13: a glob is written comm ~ b?"));
  EXPECT_THAT(refusal("drop_reason == TCP_*"), StartsWith("16: a glob is written drop_reason ~ TCP_*"));
  EXPECT_EQ(judged(RecordBuilder().device("a*", 2), "ifname == 'a*'"), Tribool::yes);
}

TEST(WhereTexts, AGlobIsForTexts) {
  EXPECT_THAT(refusal("len ~ \"x*\""), StartsWith("5: ~ compares texts, and len is a number"));
  EXPECT_THAT(refusal("len !~ 1*"), StartsWith("5: !~ compares texts, and len is a number"));
  EXPECT_THAT(refusal("cloned ~ t*"), StartsWith("8: ~ compares texts, and cloned is true or false"));
}

TEST(WhereTexts, TcpFlagsAreTakenInAnyOrder) {
  HOLDS("tcp_flags == S");
  auto syn_ack = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, {.flags = 0x12});
  for (auto text : {"tcp_flags == S.", "tcp_flags == .S", "tcp_flags == SA", "tcp_flags ~ S*", "tcp_flags != S"})
    EXPECT_EQ(of_packet(syn_ack, text), Tribool::yes) << text;
  EXPECT_EQ(of_packet(syn_ack, "tcp_flags in (none, F)"), Tribool::no);
  EXPECT_THAT(refusal("tcp_flags == syn"), StartsWith("14: 'syn' is not a set of TCP flags"));
}

// Names -------------------------------------------------------------------------------------------------------------

TEST(WhereNames, AreTakenInAnyCaseAndWithTheKernelsPrefix) {
  for (auto text : {"drop_reason == NO_SOCKET", "drop_reason == no_socket", "drop_reason == SKB_DROP_REASON_NO_SOCKET",
                    "drop_reason in (TCP_CSUM, NO_SOCKET)", "drop_reason != SKB_CONSUMED", "drop_reason ~ no_*",
                    "drop_reason == 'NO_SOCKET'", "func == KFREE_SKB", "context == Process", "pkt_type == PACKET_HOST",
                    "checksum == CHECKSUM_PARTIAL", "proto == IPPROTO_TCP", "proto == 6", "proto == 0x6"})
    HOLDS(text);
  FAILS("drop_reason != no_socket");
  FAILS("drop_reason == TCP_CSUM");
  FAILS("func in (net_dev_xmit, consume_skb)");
}

TEST(WhereNames, ThatAreWrongAreRefusedWithTheNearest) {
  EXPECT_EQ(refusal("drop_reason == NO_SOCKT"),
            "16: 'NO_SOCKT' is not a value of drop_reason; did you mean NO_SOCKET?");
  EXPECT_THAT(refusal("drop_reason == skb_drop_reason_no_sokcet"), HasSubstr("did you mean NO_SOCKET?"));
  EXPECT_THAT(refusal("drop_reason in (NO_SOCKET, TCP_CUSM)"), AllOf(StartsWith("28: "), HasSubstr("TCP_CSUM?")));
  EXPECT_THAT(refusal("func == kfree_sbk"), HasSubstr("did you mean kfree_skb?"));
  EXPECT_EQ(refusal("context == user"),
            "12: 'user' is not a value of context; it is one of process, softirq, hardirq, interrupt");
  EXPECT_EQ(refusal("proto == nothing"),
            "10: 'nothing' is not a value of proto; it is a name such as arp, hopopt, icmp, igmp");
  EXPECT_THAT(refusal("proto == 256"), StartsWith("10: '256' is not a value of proto"));
  EXPECT_THAT(refusal("drop_reason == 2"), StartsWith("16: '2' is not a value of drop_reason"));
  EXPECT_THAT(refusal("drop_reason ~ TPC_*"), StartsWith("15: no value of drop_reason is like 'TPC_*'"));
  EXPECT_THAT(refusal("context !~ x*"), StartsWith("12: no value of context is like 'x*'"));
}

TEST(WhereNames, OfASubsystemMayStandWithoutItWhereOnlyOneHasThem) {
  for (auto text : {"drop_reason == openvswitch:LAST_ACTION", "drop_reason == last_action",
                    "drop_reason == OVS_DROP_LAST_ACTION", "drop_reason == RX_DROP_U_MIC_FAIL",
                    "drop_reason ~ openvswitch:*", "drop_reason == a:TWICE", "drop_reason ~ reason-0x*"})
    EXPECT_EQ(refusal(text), "(nothing thrown)") << text;
  EXPECT_THAT(refusal("drop_reason == TWICE"), StartsWith("16: 'TWICE' is not a value"));
}

TEST(WhereNames, OfAReasonThatTheKernelDoesNotNameAreTaken) {
  EXPECT_EQ(refusal("drop_reason == reason-0x4D"), "(nothing thrown)");
  EXPECT_NE(refusal("drop_reason == reason-0xx"), "(nothing thrown)");
}

TEST(WhereNames, AreAllTakenWhereTheSetIsNotKnown) {
  EXPECT_EQ(judged(test::full_record(), "drop_reason == SKB_DROP_REASON_no_socket", {}), Tribool::yes);
  EXPECT_EQ(judged(test::full_record(), "drop_reason == NEVER_HEARD", {}), Tribool::no);
  EXPECT_EQ(judged(test::full_record(), "func ~ nothing*", {}), Tribool::no);
}

// What the getters yield is what can be asked for.
TEST(WhereNames, AreThoseOfTheFields) {
  auto asked = [](const RecordBuilder& builder, std::string_view name) {
    auto record = builder.bytes();
    auto event = event::Event::decode(record, kNames);
    event::Scratch scratch;
    event::Value value = event::find_field(name)->of(*event, scratch);
    std::string text(std::get<std::string_view>(value));
    EXPECT_EQ(judged(builder, fmt::format("{} == {}", name, text)), Tribool::yes) << text;
  };
  for (uint8_t type = 0; type < 8; type++) asked(RecordBuilder().pkt_type(type), "pkt_type");
  for (uint8_t context = 1; context < 5; context++) asked(RecordBuilder().task("a", 1, 1, context), "context");
  for (uint8_t checksum = 0; checksum < 4; checksum++) {
    rec_skb skb{};
    skb.ip_summed = checksum;
    asked(RecordBuilder().skb(skb), "checksum");
  }
  for (unsigned protocol : {1u, 2u, 6u, 17u, 47u, 58u, 132u, 200u, 255u}) {
    auto bytes = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").payload(8).bytes();
    bytes[14 + 9] = static_cast<uint8_t>(protocol);
    asked(RecordBuilder().packet(bytes), "proto");
    EXPECT_EQ(judged(RecordBuilder().packet(bytes), fmt::format("proto == {}", protocol)), Tribool::yes) << protocol;
  }
  asked(RecordBuilder().packet(PacketBuilder().ethernet().arp().bytes()), "proto");
  asked(RecordBuilder().packet(PacketBuilder().ethernet().arp().bytes()), "arp_op");
}

// Addresses ---------------------------------------------------------------------------------------------------------

TEST(WhereAddresses, AreComparedByValueAndPrefix) {
  for (auto text : {"src == 10.0.0.1", "src != 10.0.0.2", "src == 10.0.0.0/8", "src == 10.0.0.0/31", "src == 0.0.0.0/0",
                    "src == 10.255.255.255/8", "dst in (192.168.0.0/16, 10.0.0.2)", "src in (10.0.0.0-10.0.0.1)",
                    "src not in (10.0.0.2-10.0.0.9)", "src == 10.0.0.1/32", "src != ::/0", "src == '10.0.0.1'"})
    HOLDS(text);
  for (auto text : {"src == 10.0.0.2/31", "src == 11.0.0.0/8", "src == ::/0", "src == ::ffff:10.0.0.1",
                    "src != 10.0.0.0/8", "dst in (10.0.0.1, 10.0.0.4/30)"})
    FAILS(text);
}

TEST(WhereAddresses, OfIpv6AreTheSameInEverySpelling) {
  auto packet = PacketBuilder().ethernet().ipv6("fe80::1", "2001:db8::a").udp(1, 2);
  for (auto text : {"src == fe80::1", "src == FE80:0:0:0:0:0:0:1", "src == fe80:0000::0001", "src == fe80::/10",
                    "dst == 2001:0DB8::000A", "dst in (10.0.0.0/8, 2001:db8::/32)", "dst == 2001:db8::8/125",
                    "src == ::/0", "src != 0.0.0.0/0", "src in (fe80::-fe80::ff)"})
    EXPECT_EQ(of_packet(packet, text), Tribool::yes) << text;
  for (auto text : {"src == fe80::2", "src == 0.0.0.0/0", "dst == 2001:db8::/126"})
    EXPECT_EQ(of_packet(packet, text), Tribool::no) << text;
}

TEST(WhereAddresses, OfAnInnerPacketAreComparedLikeThoseOfTheOuter) {
  auto packet = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 4});
  packet.payload(PacketBuilder().ipv4("192.168.0.1", "192.168.0.2").udp(1, 2).bytes());
  for (auto text : {"inner_src == 192.168.0.0/16", "inner_dst in (192.168.0.2)", "inner_proto == UDP", "tunnel == ipip",
                    "inner_dport == 2", "src == 10.0.0.1"})
    EXPECT_EQ(of_packet(packet, text), Tribool::yes) << text;
  EXPECT_EQ(of_packet(packet, "inner_src == 10.0.0.0/8"), Tribool::no);
}

TEST(WhereAddresses, OfEthernetAreTakenInAnyCase) {
  auto packet =
      PacketBuilder().ethernet("02:00:00:00:ab:01", "02:00:00:00:00:02").ipv4("10.0.0.1", "10.0.0.2").udp(1, 2);
  for (auto text :
       {"eth_src == 02:00:00:00:AB:01", "eth_src == 2:0:0:0:ab:1", "eth_src ~ *:AB:*", "eth_src != 2:0:0:0:0:2"})
    EXPECT_EQ(of_packet(packet, text), Tribool::yes) << text;
  for (auto text : {"eth_src == 02:00:00:00:ab", "eth_src == 02:00:00:00:ab:01:02", "eth_src == 02:00:00:00:ab:001",
                    "eth_src == 02:00:00:00:ab:", "eth_src == 10.0.0.1", "eth_src == 02:00:00:00:ab:0g"})
    EXPECT_THAT(refusal(text), AllOf(StartsWith("12: "), HasSubstr("not a MAC address"))) << text;
}

TEST(WhereAddresses, ThatAreNoneAreRefused) {
  EXPECT_THAT(refusal("src == localhost"), StartsWith("8: 'localhost' is not an IP address"));
  EXPECT_THAT(refusal("src == 10.0.0.256"), StartsWith("8: '10.0.0.256' is not an IP address"));
  EXPECT_THAT(refusal("src in (10.0.0.1, 10/8)"), StartsWith("19: '10/8' is not an IP address"));
  EXPECT_THAT(refusal("src == 10.0.0.0/33"),
              StartsWith("8: the prefix '10.0.0.0/33' must end in a length from 0 to 32"));
  EXPECT_THAT(refusal("src == fe80::/129"), HasSubstr("from 0 to 128"));
  EXPECT_THAT(refusal("src == 10.0.0.0/"), HasSubstr("must end in a length"));
  EXPECT_THAT(refusal("src in (10.0.0.2-10.0.0.1)"), StartsWith("9: '10.0.0.2-10.0.0.1' is not a range of addresses"));
  EXPECT_THAT(refusal("src in (10.0.0.2-fe80::1)"), HasSubstr("not a range of addresses"));
  EXPECT_THAT(refusal("src == 10.0.0.1-10.0.0.3"), StartsWith("8: a range is written src in (10.0.0.1-10.0.0.3)"));
  EXPECT_THAT(refusal("src > 10.0.0.1"), StartsWith("5: src has no order; write a prefix"));
}

// Truth -------------------------------------------------------------------------------------------------------------

TEST(WhereTruth, AFieldThatIsTrueOrFalseIsACondition) {
  HOLDS("cloned");
  FAILS("not cloned");
  FAILS("nonlinear");
  HOLDS("not nonlinear");
  for (auto text : {"cloned == true", "cloned == yes", "cloned != false", "nonlinear == NO", "nonlinear != true"})
    HOLDS(text);
  FAILS("cloned == false");
  UNKNOWN("late");
  EXPECT_THAT(refusal("cloned == 1"), StartsWith("11: cloned is true or false, and not '1'"));
  EXPECT_THAT(refusal("cloned > true"), StartsWith("8: cloned is true or false and has no order"));
  EXPECT_THAT(refusal("cloned in (true)"), StartsWith("8: cloned is true or false"));
}

TEST(WhereTruth, AComparisonWithAMissingFieldIsUnknownBothWays) {
  for (auto text :
       {"drop_reason == NO_SOCKET", "drop_reason != NO_SOCKET", "drop_reason ~ *", "drop_reason !~ x:*", "len > 0",
        "len in (1)", "len not in (1)", "src == ::/0", "not len > 0", "not not len > 0", "cloned"})
    EXPECT_EQ(judged(RecordBuilder(), text, {}), Tribool::unknown) << text;
}

TEST(WhereTruth, KnownIsNeverUnknown) {
  EXPECT_EQ(empty("known(drop_reason)"), Tribool::no);
  EXPECT_EQ(empty("not known ( drop_reason )"), Tribool::yes);
  HOLDS("known(drop_reason)");
  HOLDS("KNOWN(result) and known(cloned)");
  FAILS("known(late)");
}

TEST(WhereTruth, NoFieldIsCalledLikeAWordOfTheLanguage) {
  for (auto word : {"and", "or", "not", "in", "known"}) EXPECT_EQ(event::find_field(word), nullptr);
}

// Kleene's tables.
TEST(WhereTruth, FollowsTheTablesOfThreeValues) {
  const std::string value[] = {"len == 1", "late", "len == 54"};
  const Tribool all[] = {Tribool::no, Tribool::unknown, Tribool::yes};
  for (int a = 0; a < 3; a++) {
    EXPECT_EQ(full("not " + value[a]), all[2 - a]);
    for (int b = 0; b < 3; b++) {
      EXPECT_EQ(full(value[a] + " and " + value[b]), all[std::min(a, b)]) << a << b;
      EXPECT_EQ(full(value[a] + " or " + value[b]), all[std::max(a, b)]) << a << b;
      EXPECT_EQ(full("not (" + value[a] + " and " + value[b] + ")"), all[2 - std::min(a, b)]) << a << b;
      EXPECT_EQ(full("not (" + value[a] + " or " + value[b] + ")"), all[2 - std::max(a, b)]) << a << b;
    }
  }
}

TEST(WhereTruth, KeywordsAreTakenInAnyCase) {
  HOLDS("cloned AND Not nonlinear");
  HOLDS("nonlinear OR len IN (54)");
}

// T is yes, F is no.
TEST(WhereTruth, NotBindsBeforeAndBeforeOr) {
  auto evaluated = [](std::string text) {
    for (auto [letter, word] : {std::pair{"T", "len == 54"}, std::pair{"F", "len == 1"}})
      for (size_t at; (at = text.find(letter)) != std::string::npos;) text.replace(at, 1, word);
    return full(text);
  };
  for (auto text : {"T or T and F", "T and F or T", "F and F or T", "not F and T", "not F or T and F", "(T or T) and T",
                    "not (F and F or F)", "T||F&&F", "!F&&T", "! (F || F)", "T and T and T", "F or F or T",
                    "F or (F or (F or T))", "not not T", "T and (F or T) and (T or F)", "F or T and (F or T and T)"})
    EXPECT_EQ(evaluated(text), Tribool::yes) << text;
  for (auto text : {"(T or T) and F", "not T or F", "not T and T", "not (T or F)", "T and (F or F)", "not not not T",
                    "F or F", "T and T and F", "(T or F) and (F or F)"})
    EXPECT_EQ(evaluated(text), Tribool::no) << text;
}

// Mistakes ----------------------------------------------------------------------------------------------------------

TEST(WhereMistakes, AreShownBelowTheText) {
  EXPECT_EQ(test::sentence<std::invalid_argument>([] { (void)Where::parse("len > 1 and drop_reson == NO_SOCKET"); }),
            "--where: column 13: unknown field 'drop_reson'; did you mean drop_reason?\n"
            "  len > 1 and drop_reson == NO_SOCKET\n"
            "              ^");
}

TEST(WhereMistakes, AreCountedInCharacters) {
  EXPECT_EQ(test::sentence<WhereError>([] { (void)Where::parse("ifname == 'ä\t' and"); }),
            "--where: column 19: a condition is missing after 'and'\n"
            "  ifname == 'ä ' and\n"
            "                    ^");
}

TEST(WhereMistakes, InALongTextAreShownWithWhatIsAround) {
  std::string text = "len == 1";
  for (int i = 0; i < 50; i++) text += " or len == 1";
  text += " or nothing";
  for (int i = 0; i < 50; i++) text += " or len == 1";
  std::string message = test::sentence<WhereError>([&] { (void)Where::parse(text); });
  auto lines = message.substr(message.find('\n') + 1);
  auto caret = lines.substr(lines.find('\n') + 1);
  lines.resize(lines.find('\n'));
  EXPECT_LT(lines.size(), 120u);
  EXPECT_THAT(lines, AllOf(StartsWith("  ..."), testing::EndsWith("...")));
  EXPECT_EQ(lines.substr(caret.find('^'), 7), "nothing");
}

TEST(WhereMistakes, InFieldsNameTheNearest) {
  EXPECT_EQ(refusal("LEN == 1"), "1: unknown field 'LEN'; did you mean len?");
  EXPECT_EQ(refusal("xyzzy == 1"), "1: unknown field 'xyzzy'; --fields '?' lists them");
  EXPECT_THAT(refusal("known(drop_reson)"), StartsWith("7: unknown field 'drop_reson'"));
  EXPECT_THAT(refusal("'len' == 1"), StartsWith("1: a condition begins with a field, which is not quoted"));
}

TEST(WhereMistakes, InTheGrammarPointAtTheirPlace) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "1: the expression is empty"},
      {"  ", "3: the expression is empty"},
      {"len", "1: len alone is not a condition; write a comparison, such as len == 1, or known(len)"},
      {"ifname and len == 1", "1: ifname alone is not a condition; write a comparison, such as ifname == NAME"},
      {"len 60", "5: an operator is missing before '60'; write len == 60"},
      {"len ==", "7: a value is missing after '=='"},
      {"len == and cloned", "8: a value is missing after '=='; quote 'and' if it is one"},
      {"len == == 1", "8: a value is missing after '=='"},
      {"len == (1, 2)", "8: after this operator there is one value; a list is written with in (a, b)"},
      {"len > 1 and", "12: a condition is missing after 'and'"},
      {"len > 1 and or cloned", "13: a condition is missing after 'and'"},
      {"and len > 1", "1: a condition is missing before 'and'"},
      {"== 1", "1: a condition is missing before '=='"},
      {"not", "4: a condition is missing after 'not'"},
      {"()", "2: a condition is missing between the parentheses"},
      {"(len > 1", "1: this parenthesis is not closed"},
      {"cloned and (len > 1 or (cloned)", "12: this parenthesis is not closed"},
      {"len > 1)", "8: this parenthesis closes nothing"},
      {")", "1: this parenthesis closes nothing"},
      {"len > 1 cloned", "9: 'cloned' follows a complete condition; connect conditions with 'and' or 'or'"},
      {"(len > 1 cloned)", "10: 'cloned' follows a complete condition"},
      {"len > 1 'x'", "9: 'x' follows a complete condition"},
      {"cloned not nonlinear", "8: 'not' follows a complete condition"},
      {"cloned, nonlinear", "7: ',' follows a complete condition"},
      {"1 < len < 3", "9: comparisons are not chained; write len > 1 and len < 3"},
      {"1 <= len < 3", "10: comparisons are not chained; write len >= 1 and len < 3"},
      {"len > 1 < 3", "9: comparisons are not chained"},
      {"60 == len", "1: a comparison begins with the field; write len == 60"},
      {"3 >= len", "1: a comparison begins with the field; write len <= 3"},
      {"60", "1: a condition begins with a field, such as len > 100, and not with '60'"},
      {"cloned & nonlinear", "8: a single '&' is no operator; write && or and"},
      {"cloned | nonlinear", "8: a single '|' is no operator; write || or or"},
      {"ifname =~ eth", "8: '=~' is no operator; a glob is written with ~"},
      {"len <> 3", "5: '<>' is no operator; write !="},
      {"len => 3", "5: '=>' is no operator; write >="},
      {"len =< 3", "5: '=<' is no operator; write <="},
      {"ifname == 'eth0", "11: unterminated quotation; a closing ' is missing"},
      {"len in", "5: 'in' requires a list in parentheses, such as len in (a, b)"},
      {"len in 3", "8: 'in' requires a list in parentheses"},
      {"len in ()", "9: the list is empty"},
      {"len in (1", "8: this parenthesis is not closed"},
      {"len in (1,", "11: a value is missing after ','"},
      {"len in (1,)", "11: a value is missing after ','"},
      {"len in (,1)", "9: a value is missing after '('"},
      {"len in (1 2)", "11: the values of a list are separated by commas"},
      {"known", "1: known asks whether an event has a field; write known(drop_reason)"},
      {"known len", "1: known asks whether an event has a field"},
      {"known(len", "1: known asks whether an event has a field"},
      {"known(len > 3)", "1: known asks whether an event has a field"},
  };
  for (const auto& [text, expected] : kCases) EXPECT_THAT(refusal(text), StartsWith(expected)) << text;
}

TEST(WhereMistakes, AreNoStackOverflow) {
  const std::string deep(10'000, '(');
  EXPECT_THAT(refusal(deep), StartsWith("101: parentheses are nested more than 100 deep"));
  EXPECT_THAT(refusal(deep + "cloned" + std::string(10'000, ')')),
              StartsWith("101: parentheses are nested more than 100 deep"));
  HOLDS(std::string(100, '(') + "cloned" + std::string(100, ')'));
  HOLDS(std::string(10'000, '!') + "cloned");
  FAILS(std::string(10'001, '!') + "cloned");
  std::string many = "cloned";
  for (int i = 0; i < 10'000; i++) many += i % 2 ? " and cloned" : " or cloned";
  HOLDS(many);
  EXPECT_LT(refusal("len == " + std::string(100'000, 'x')).size(), 200u);
}

// The whole ---------------------------------------------------------------------------------------------------------

TEST(Where, TellsTheFieldsThatItLooksAtOnce) {
  auto where = Where::parse("len > 1 and (drop_reason == NO_SOCKET or not cloned) and len < 9 or known(pid)");
  std::vector<std::string_view> names;
  for (const auto* field : where.fields()) names.push_back(field->name);
  EXPECT_THAT(names, ElementsAre("len", "drop_reason", "cloned", "pid"));
  EXPECT_EQ(event::sections_of(where.fields()), REC_SECTION_DROP | REC_SECTION_SKB | REC_SECTION_TASK);
}

TEST(Where, OutlivesItsTextAndItsNames) {
  auto where = [] {
    std::string text = "ifname == veth0 and func ~ kfree* and drop_reason == no_socket";
    KnownNames known = kKnown;
    auto parsed = Where::parse(text, known);
    text.assign(text.size(), 'x');
    return parsed;
  }();
  auto record = test::full_record().bytes();
  EXPECT_EQ(where.evaluate(*event::Event::decode(record, kNames)), Tribool::yes);
}

TEST(Where, TakesEveryFieldOfTheRegistry) {
  for (const auto& field : event::fields()) {
    HOLDS(fmt::format("known({}) or not known({})", field.name, field.name));
    if (field.type == event::Type::boolean) continue;
    const char* always = event::is_textual(field.type) ? "{0} ~ *" : "{0} >= 0 or {0} < 0";
    EXPECT_NE(full(fmt::format(fmt::runtime(always), field.name)), Tribool::no) << field.name;
  }
}

// After each --where '...' of the page for users.
TEST(Where, TakesTheExamplesOfItsPage) {
  std::ifstream page(TEST_SOURCE_DIR "/../../../docs/where.md");
  constexpr std::string_view kBefore = "skbtrail --where '";
  size_t examples = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with(kBefore)) continue;
    const auto text = line.substr(kBefore.size(), line.rfind('\'') - kBefore.size());
    EXPECT_EQ(refusal(text, {}), "(nothing thrown)") << text;
    examples++;
  }
  EXPECT_GE(examples, 5u);
}

// Of trails ----------------------------------------------------------------------------------------------------------

event::TrailValues some_trail() {
  event::TrailValues trail{.id = 7, .first_ns = 1000, .first_day_ns = 5000, .whole = {}};
  trail.whole = event::WholeTrailValues{.total_ns = 2'000'000,
                                        .fate = "not known",
                                        .drop_reason = "",
                                        .netns = "blue\ngreen",
                                        .ifname = "veth0",
                                        .steps = 4,
                                        .skbs = 1,
                                        .is_dropped = false,
                                        .is_complete = false};
  return trail;
}

// Of an event that knows its trail.
Tribool of_trail(std::string_view text, const event::TrailValues& trail = some_trail()) {
  const auto record = test::full_record().bytes();
  auto event = *event::Event::decode(record, kNames);
  event.trail = &trail;
  return Where::parse(text, kKnown).evaluate(event);
}

TEST(WhereTrails, AnEventIsJudgedByWhatIsKnownOfItsTrail) {
  for (const auto* text : {"trail.id == 7", "trail.total > 1ms", "not trail.dropped", "trail.fate == \"not known\"",
                           "trail.fate == not_known", "trail.fate != dropped", "trail.steps in (1-4) and len == 54",
                           "known(trail.total)", "not known(trail.drop_reason)"})
    EXPECT_EQ(of_trail(text), Tribool::yes) << text;
  for (const auto* text : {"trail.dropped", "trail.complete", "trail.total < 2ms"})
    EXPECT_EQ(of_trail(text), Tribool::no) << text;
  EXPECT_EQ(of_trail("trail.drop_reason == NO_SOCKET"), Tribool::unknown);
}

TEST(WhereTrails, AComparisonWithAListHoldsIfItHoldsForOneOfIt) {
  for (const auto* text : {"trail.netns == green", "trail.netns == blue", "trail.netns ~ g*",
                           "trail.netns in (red, green)", "trail.netns != red", "trail.netns not in (red, black)"})
    EXPECT_EQ(of_trail(text), Tribool::yes) << text;
  for (const auto* text : {"trail.netns == red", "trail.netns != green", "trail.netns ~ b*n", "trail.netns !~ g*"})
    EXPECT_EQ(of_trail(text), Tribool::no) << text;
}

TEST(WhereTrails, WhereNobodyFollowsThePacketNothingIsKnown) {
  UNKNOWN("trail.dropped");
  UNKNOWN("trail.id == 7");
  event::TrailValues begun{.id = 7, .first_ns = 1, .first_day_ns = 1, .whole = {}};
  EXPECT_EQ(of_trail("trail.id == 7", begun), Tribool::yes);
  EXPECT_EQ(of_trail("trail.fate == dropped", begun), Tribool::unknown);
}

TEST(WhereTrails, AWrongFateIsRefusedWithTheNearest) {
  EXPECT_EQ(refusal("trail.fate == droped"), "15: 'droped' is not a value of trail.fate; did you mean dropped?");
  EXPECT_EQ(refusal("trail.fat == dropped"), "1: unknown field 'trail.fat'; did you mean trail.fate?");
}

// The event's answer first, the trail's values later: it comes to the same as both at once.
TEST(WhereTrails, JudgedInTwoStepsItComesToTheSame) {
  const auto trail = some_trail();
  const auto record = test::full_record().bytes();
  const auto event = *event::Event::decode(record, kNames);
  event::Event knowing;
  knowing.names = &kNames;
  knowing.trail = &trail;
  for (const auto* text :
       {"trail.dropped and len == 54", "trail.dropped or len == 54", "not trail.dropped and len == 53",
        "len == 54 and (trail.steps == 4 or trail.dropped) and not trail.complete", "trail.id == 7", "len == 54",
        "vlan == 5 or trail.id == 7", "vlan == 5 and trail.id == 7", "not (vlan == 5 or len == 54) or trail.id == 8"}) {
    const auto where = Where::parse(text, kKnown);
    const uint64_t answers = where.answers(event);
    EXPECT_NE(answers, 0u);
    EXPECT_EQ(where.evaluate(answers, knowing), of_trail(text)) << text;
  }
  EXPECT_FALSE(Where::parse("trail.dropped").asks_of_events());
  EXPECT_FALSE(Where::parse("len == 1").asks_of_trails());
}

// What tracepoints hand out -----------------------------------------------------------------------------------------

class WithFormat : public FakeNames {
 public:
  const event::EventFormat* format(uint16_t number) const override { return number == 2 ? &format_ : nullptr; }

 private:
  event::EventFormat format_ = event::EventFormat::parse("sock", test::kInetSockSetState);
};

// From 1 to -2, ports 80 and 7, from 10.0.0.1.
Tribool of_arguments(std::string_view text, uint16_t probe = 2) {
  std::vector<std::byte> bytes(72);
  const auto put = [&](size_t at, auto value) { std::memcpy(bytes.data() + at, &value, sizeof(value)); };
  put(8, uint64_t{0xffff888003a5cd00});
  put(16, int32_t{1});
  put(20, int32_t{-2});
  put(24, uint16_t{80});
  put(26, uint16_t{7});
  put(32, uint32_t{0x0100000a});
  const WithFormat names;
  const auto record = RecordBuilder().probe(probe).args(bytes).bytes();
  return Where::parse(text).evaluate(event::Event::decode(record, names).value());
}

TEST(WhereArguments, AreNumbersOrTextsByWhatTheyAreComparedWith) {
  for (const char* text : {"args.dport == 7", "args.dport in (1, 5-9)", "args.sport > 0x4f", "args.newstate == -2",
                           "args.saddr == 10.0.0.1", "args.saddr ~ \"10.*\"", "known(args.dport)", "args.dport != 8",
                           "args.dport not in (8, 9)", "args.skaddr == 0xffff888003a5cd00", "not args.dport == 8"})
    EXPECT_EQ(of_arguments(text), Tribool::yes) << text;
  for (const char* text : {"args.dport == 8", "args.newstate > -1", "args.saddr == 10.0.0.2", "not known(args.dport)"})
    EXPECT_EQ(of_arguments(text), Tribool::no) << text;
}

TEST(WhereArguments, AreUnknownWhereThereAreNone) {
  EXPECT_EQ(of_arguments("args.nosuch == 7"), Tribool::unknown);
  EXPECT_EQ(of_arguments("args.dport == 7", 1), Tribool::unknown);
  EXPECT_EQ(of_arguments("args.saddr == 7"), Tribool::unknown);  // an array is no number
  EXPECT_EQ(of_arguments("known(args.nosuch)"), Tribool::no);
  EXPECT_EQ(full("args.dport == 7"), Tribool::unknown);
}

TEST(WhereArguments, SwitchTheirSectionOn) {
  const auto fields = Where::parse("args.dport == 7 and len > 1").fields();
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0]->name, "args.dport");
  EXPECT_EQ(fields[0]->argument, "dport");
  EXPECT_EQ(fields[0]->section, REC_SECTION_ARGS);
}

TEST(WhereArguments, MistakesAreTold) {
  EXPECT_THAT(refusal("args. == 7"), StartsWith("1: unknown field 'args.'"));
  EXPECT_THAT(refusal("args.dport"), HasSubstr("args.dport"));
  EXPECT_THAT(refusal("args.name < eth0"), HasSubstr("is a text and has no order"));
}

// Globs -------------------------------------------------------------------------------------------------------------

TEST(Glob, MatchesAsTheShellDoes) {
  const std::pair<const char*, const char*> kMatching[] = {
      {"", ""},       {"*", ""},        {"**", "a"},     {"a*c", "abbc"}, {"a*b*c", "aXbXbc"}, {"?", "a"},
      {"[abc]", "b"}, {"[a-c]x", "cx"}, {"[!a-c]", "d"}, {"[^a]", "b"},   {"[]]", "]"},        {"[!]]", "a"},
      {"[a-]", "-"},  {"\\*", "*"},     {"a\\", "a\\"},  {"[a", "[a"},    {"*[0-9]", "eth10"}};
  for (const auto& [pattern, text] : kMatching)
    EXPECT_TRUE(where::matches(pattern, text, where::Case::exact)) << pattern << " " << text;
  const std::pair<const char*, const char*> kOthers[] = {{"", "a"},     {"?", ""},    {"a*c", "abcd"}, {"[a-c]", "d"},
                                                         {"[!a]", "a"}, {"\\*", "a"}, {"A", "a"},      {"a?", "a"}};
  for (const auto& [pattern, text] : kOthers)
    EXPECT_FALSE(where::matches(pattern, text, where::Case::exact)) << pattern << " " << text;
  EXPECT_TRUE(where::matches("AB[X-Z]*", "abyss", where::Case::ignored));
}

TEST(Glob, OfManyStarsEndsSoon) {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 1000; i++) pattern += "a*";
  EXPECT_FALSE(where::matches(pattern + "b", text, where::Case::exact));
  EXPECT_TRUE(where::matches(pattern, text, where::Case::exact));
}

}  // namespace
}  // namespace skbtrail::filter
