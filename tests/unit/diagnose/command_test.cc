// Commands are filled in with what a packet has, and nothing that is filled in can be more than a word.
#include "diagnose/command.h"

#include <gtest/gtest.h>

#include "sample_records.h"

namespace skbtrail::diagnose {
namespace {

using test::PacketBuilder;
using test::RecordBuilder;

constexpr std::string_view kAll = "x {src} {dst} {sport} {dport} {dev} {ss} {tables}-save";

std::string filled(std::string_view pattern, const RecordBuilder& builder, const test::FakeNames& names = {}) {
  const auto record = builder.bytes();
  return command_for(pattern, subject_of(event::Event::decode(record, names).value()));
}

std::string in_netns(const std::string& name) {
  test::FakeNames names;
  names.netns_name = name;
  return filled("ss", RecordBuilder().device("eth0", 2, 1), names);
}

TEST(Command, IsFilledInFromThePacket) {
  const auto tcp = RecordBuilder().device("eth0", 2, 1).packet(test::tcp_syn());
  EXPECT_EQ(filled(kAll, tcp), "x 10.0.0.1 10.0.0.2 4000 80 eth0 t iptables-save");
  const auto udp6 = RecordBuilder().packet(PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").udp(1, 53).bytes());
  EXPECT_EQ(filled("{src} {dst} {dport} {ss} {tables}", udp6), "fd00::1 fd00::2 53 u ip6tables");
}

TEST(Command, KeepsAWordForWhatIsNotKnown) {
  EXPECT_EQ(filled(kAll, RecordBuilder()), "x SRC DST SPORT DPORT DEV tuw iptables-save");
  EXPECT_EQ(command_with_words(kAll), filled(kAll, RecordBuilder()));
}

TEST(Command, LeavesOutWhatIsInBracketsAndNotKnown) {
  constexpr std::string_view kPattern = "ss -H{ss}[ sport = :{dport}][ dev {dev}] x";
  EXPECT_EQ(filled(kPattern, RecordBuilder().packet(test::tcp_syn())), "ss -Ht sport = :80 x");
  const auto icmp = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1).bytes();
  EXPECT_EQ(filled(kPattern, RecordBuilder().device("eth0", 2, 1).packet(icmp)), "ss -Hw dev eth0 x");
  EXPECT_EQ(command_with_words(kPattern), "ss -Htuw sport = :DPORT dev DEV x");
  EXPECT_EQ(filled("ip[ -{ip}] route", RecordBuilder()), "ip route");
  EXPECT_EQ(filled("ip[ -{ip}] route", RecordBuilder().packet(icmp)), "ip -4 route");
}

// A router may have put the device of the way on into it by then.
TEST(Command, KnowsOfAnIpv6PacketAloneNoDeviceByWhichItCame) {
  const auto six = PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").udp(1, 53).bytes();
  const std::string_view pattern = "get {dst}[ iif {in}]";
  EXPECT_EQ(filled(pattern, RecordBuilder().device("eth0", 2, 1).packet(six)), "get fd00::2");
  EXPECT_EQ(filled(pattern, RecordBuilder().device("eth0", 2, 1).packet(test::tcp_syn())), "get 10.0.0.2 iif eth0");
}

TEST(Command, EachOfSeveralRunsInThePacketsNamespace) {
  test::FakeNames names;
  names.netns_name = "blue";
  const auto tcp = RecordBuilder().device("eth0", 2, 1).packet(test::tcp_syn());
  EXPECT_EQ(filled("a {src}; b {dst}; c", tcp, names),
            "ip netns exec blue a 10.0.0.1; ip netns exec blue b 10.0.0.2; ip netns exec blue c");
}

TEST(Command, RunsInThePacketsNamespace) {
  EXPECT_EQ(in_netns("host"), "ss");
  EXPECT_EQ(in_netns("blue"), "ip netns exec blue ss");
  EXPECT_EQ(in_netns("nginx[1234]"), "nsenter -t 1234 -n ss");
  EXPECT_EQ(in_netns("my[net]"), "ip netns exec 'my[net]' ss");
  EXPECT_EQ(in_netns("container:0123456789ab"), "nsenter -n -t \"$(lsns -nro PID 1 | head -n1)\" ss");
  EXPECT_EQ(in_netns("1"), "nsenter -n -t \"$(lsns -nro PID 1 | head -n1)\" ss");
  EXPECT_EQ(filled("skbtrail drop", RecordBuilder().device("eth0", 2, 2)), "skbtrail drop");
}

TEST(Command, QuotesWhatAShellWouldObey) {
  EXPECT_EQ(shell_word("eth0.100"), "eth0.100");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a'b"), "'a'\\''b'");
  EXPECT_EQ(filled("ip link show dev {dev}", RecordBuilder().device("$(reboot)", 2, 1)),
            "ip link show dev '$(reboot)'");
  EXPECT_EQ(filled("sysctl net/ipv4/conf/{dev}/rp_filter", RecordBuilder().device("a;b", 2, 1)),
            "sysctl net/ipv4/conf/'a;b'/rp_filter");
  EXPECT_EQ(in_netns("a b"), "ip netns exec 'a b' ss");
}

TEST(Command, MistakesOfAPatternAreFound) {
  EXPECT_EQ(mistake_in_command(kAll), "");
  EXPECT_NE(mistake_in_command("a {nothing}"), "");
  EXPECT_NE(mistake_in_command("a {src"), "");
  EXPECT_NE(mistake_in_command("a src}"), "");
  EXPECT_NE(mistake_in_command("a && b"), "");
  EXPECT_EQ(mistake_in_command("a[ {src}]; b"), "");
  EXPECT_NE(mistake_in_command("a[ {src}"), "");
  EXPECT_NE(mistake_in_command("a {src}]"), "");
  EXPECT_NE(mistake_in_command("a [{nothing}]"), "");
  EXPECT_NE(mistake_in_command("a;b"), "");
  EXPECT_NE(mistake_in_command("a; "), "");
  EXPECT_NE(mistake_in_command("a; b $c"), "");
}

}  // namespace
}  // namespace skbtrail::diagnose
