// Counters in files of /proc/net, also where these are not as they should be.
#include "counters/proc_text.h"

#include <gtest/gtest.h>

namespace skbtrail::counters {
namespace {

std::string text_of(const std::vector<Named>& all) {
  std::string text;
  for (const auto& one : all) text += one.group + "." + one.name + "=" + std::to_string(one.number) + " ";
  return text;
}

TEST(ProcText, ReadsPairsOfLinesAsSnmpAndNetstatHaveThem) {
  EXPECT_EQ(text_of(read_pairs("Udp: InDatagrams NoPorts RcvbufErrors\nUdp: 17 0 18446744073709551615\n"
                               "TcpExt: ListenDrops\nTcpExt: 3\n")),
            "Udp.InDatagrams=17 Udp.NoPorts=0 Udp.RcvbufErrors=18446744073709551615 TcpExt.ListenDrops=3 ");
}

TEST(ProcText, LeavesOutWhatIsNoPair) {
  EXPECT_EQ(text_of(read_pairs("")), "");
  EXPECT_EQ(text_of(read_pairs("\n\n\n")), "");
  EXPECT_EQ(text_of(read_pairs("Udp: A B\nTcp: 1 2\n")), "");
  EXPECT_EQ(text_of(read_pairs("Udp A\nUdp 1\n")), "");
  EXPECT_EQ(text_of(read_pairs("Udp: A B\nUdp: 1")), "Udp.A=1 ");
  EXPECT_EQ(text_of(read_pairs("Udp: A B C\nUdp: -1 x 99999999999999999999\n")), "");  // Tcp MaxConn is -1
}

TEST(ProcText, ReadsALineEachAsSnmp6AndSctpHaveThem) {
  EXPECT_EQ(text_of(read_lines("Udp6InErrors                    \t5\nIp6ReasmTimeout 0\nSctpChecksumErrors\t1\n"
                               "Icmp6InType133 2\n")),
            "Udp6.InErrors=5 Ip6.ReasmTimeout=0 Sctp.ChecksumErrors=1 Icmp6.InType133=2 ");
  EXPECT_EQ(text_of(read_lines("lower 1\nX 1\nUdp6InErrors\nUdp6InErrors 1 2\nUdp6InErrors x\n")), "");
}

TEST(ProcText, AddsTheCpusOfConntrack) {
  EXPECT_EQ(
      text_of(read_conntrack("entries  searched drop early_drop\n0000001a 1 0000000a 2\n0000001a 2 00000001 0\n")),
      "conntrack.searched=3 conntrack.drop=11 conntrack.early_drop=2 ");
  EXPECT_EQ(text_of(read_conntrack("")), "");
  EXPECT_EQ(text_of(read_conntrack("drop\nzz\n1 2 3 4\n")), "conntrack.drop=1 ");
}

TEST(ProcText, ReadsSoftnetOfOldKernelsAndNew) {
  const auto with_cpu =
      read_softnet("000003e8 00000001 0000000a 0 0 0 0 0 0 00000000 00000003 00000000 00000007 0 0\n");
  ASSERT_EQ(with_cpu.size(), 1u);
  EXPECT_EQ(with_cpu[0].cpu, 7u);
  EXPECT_EQ(with_cpu[0].dropped, 1u);
  EXPECT_EQ(with_cpu[0].time_squeeze, 10u);
  EXPECT_EQ(with_cpu[0].flow_limit, 3u);
  const auto without = read_softnet("1 2 3 0 0 0 0 0 0 0 4\n1 5 6 0 0 0 0 0 0 0 0\n");
  ASSERT_EQ(without.size(), 2u);
  EXPECT_EQ(without[1].cpu, 1u);  // its line's number
  EXPECT_EQ(without[1].dropped, 5u);
}

TEST(ProcText, LeavesOutLinesOfSoftnetThatAreTooShort) {
  EXPECT_TRUE(read_softnet("").empty());
  EXPECT_TRUE(read_softnet("1\nx y z\n1 2\n").empty());
  EXPECT_EQ(read_softnet("1 2 3\n").at(0).flow_limit, 0u);
}

TEST(ProcText, KeepsNoMoreThanThereCanBe) {
  std::string names = "A:", numbers = "A:";
  for (int i = 0; i < 100'000; i++) names += " n", numbers += " 1";
  EXPECT_LT(read_pairs(names + "\n" + numbers + "\n").size(), 10'000u);
}

}  // namespace
}  // namespace skbtrail::counters
