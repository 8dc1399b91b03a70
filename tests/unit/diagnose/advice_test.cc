// What is said of a drop: by its reason, by its function where no reason is told.
#include "diagnose/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_records.h"

namespace skbtrail::diagnose {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class Named : public test::FakeNames {
 public:
  Named(const char* reason, const char* location) : reason_(reason), location_(location) {}
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    using event::NameKind;
    return kind == NameKind::drop_reason ? reason_
           : kind == NameKind::symbol    ? location_
                                         : FakeNames::name(kind, number);
  }

 private:
  std::string_view reason_, location_;
};

enum class Told { reason, none };

Advice advice(const Named& names, Told told = Told::reason) {
  const auto reason = told == Told::reason ? std::optional<uint32_t>(2) : std::nullopt;
  const auto record =
      test::RecordBuilder().probe(0).drop(1, reason).device("eth0", 2, 1).packet(test::tcp_syn()).bytes();
  return advice_on(event::Event::decode(record, names).value(), Reasons());
}

TEST(Advice, IsThatOfTheReason) {
  const auto of_it = advice({"NO_SOCKET", "tcp_v4_rcv+0x91"});
  EXPECT_THAT(of_it.means, StartsWith("no socket takes it"));
  EXPECT_EQ(of_it.commands.front(), "ss -Hanpt sport = :80");
  EXPECT_FALSE(of_it.causes.empty() || of_it.source.empty());
}

TEST(Advice, IsThatOfTheFunctionWhereNothingIsSpecified) {
  EXPECT_THAT(advice({"NOT_SPECIFIED", "ip_error+0x1"}).means, StartsWith("its route says"));
  EXPECT_THAT(advice({"NOT_SPECIFIED", "my_function+0x1"}).means, StartsWith("dropped for a reason that"));
  const std::pair<const char*, const char*> cases[] = {
      {"__udp4_lib_mcast_deliver", "no socket here takes this group or broadcast"},
      {"ip6_mc_input", "for a group that nobody here listens to"},
      {"__dev_forward_skb2", "the device that it was handed to (a veth's peer) has a smaller MTU, or is down"},
      {"ip6_pkt_prohibit", "its route says that nothing may go there (prohibit)"},
      {"ip6_pkt_discard_out", "there is no route to there, or one that says unreachable"},
      {"dst_discard", "its route says that it is to be dropped (blackhole)"},
  };
  for (const auto& [function, means] : cases)
    EXPECT_THAT(advice({"NOT_SPECIFIED", function}).means, StartsWith(means)) << function;
}

TEST(Advice, IsLikelyWhereNoReasonIsTold) {
  const auto of_it = advice({"", "nf_hook_slow+0x1"}, Told::none);
  EXPECT_EQ(of_it.means, "no reason is told; likely NETFILTER_DROP, for which this function drops");
  EXPECT_EQ(of_it.commands.front(), "nft list ruleset; iptables-save -c");
  EXPECT_EQ(advice({"", "icmpv6_rcv"}, Told::none).means,
            "no reason is told; likely NO_SOCKET, ICMP_CSUM or XFRM_POLICY, for which this function drops");
  EXPECT_EQ(advice({"", "my_function"}, Told::none).means, "no reason is told; the call path says more");
}

TEST(Advice, OfAReasonOfALaterKernelSaysThatNothingIsKnown) {
  const auto of_it = advice({"OF_THE_FUTURE", "tcp_v4_rcv+0x1"});
  EXPECT_THAT(of_it.means, StartsWith("nothing is known of this reason here"));
  EXPECT_THAT(of_it.commands, ElementsAre());
}

}  // namespace
}  // namespace skbtrail::diagnose
