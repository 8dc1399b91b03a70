// Which tracepoints of recorded kernels are probes, and where their arguments are.
#include "probe/tracepoints.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "recorded_btf.h"

namespace skbtrail::probe {
namespace {

using testing::Contains;
using testing::Not;

constexpr uint8_t kNone = SKBTRAIL_NO_ARG;

std::vector<Probe> probes(const char* kernel) {
  return skb_tracepoints(test::recorded(kernel));
}

std::vector<std::string> names(const std::vector<Probe>& all) {
  std::vector<std::string> found;
  for (const auto& probe : all) found.push_back(probe.name);
  return found;
}

// Where the arguments of one probe are; fails the test if there is none of that name.
probe_config config(const char* kernel, const std::string& name) {
  for (const auto& probe : probes(kernel))
    if (probe.name == name) return probe.config;
  ADD_FAILURE() << kernel << " has no probe " << name;
  return {};
}

bool may_fill(const probe_config& probe, rec_section section) {
  return (probe.sections & section) != 0;
}

class ProbesOf : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Probes, ProbesOf, testing::ValuesIn(test::kRecordedKernels),
                         [](const auto& kernel) { return test::kernel_test_name(kernel.param); });

TEST_P(ProbesOf, EveryTracepointWithAnSkbIsOne) {
  kernel::Btf btf = test::recorded(GetParam());
  std::vector<std::string> wanted;
  for (const auto& tracepoint : btf.tracepoints())
    for (const auto& type : tracepoint.types)
      if (type == "struct sk_buff *" || type == "const struct sk_buff *") wanted.push_back(tracepoint.name);
  EXPECT_GE(wanted.size(), 20u);
  EXPECT_THAT(names(skb_tracepoints(btf)), testing::UnorderedElementsAreArray(wanted));
}

TEST_P(ProbesOf, NoOtherTracepointIsOne) {
  auto found = names(probes(GetParam()));
  for (const char* name : {"sched_switch", "napi_poll", "netif_receive_skb_exit", "fib_table_lookup", "cpuhp_enter"})
    EXPECT_THAT(found, Not(Contains(name)));
}

TEST_P(ProbesOf, ALookUpOfARouteHasThePacketOfItsStackAndItsAnswer) {
  const auto all = test::recorded(GetParam()).tracepoints();
  const auto lookup = std::find_if(all.begin(), all.end(), [](const auto& t) { return t.name == "fib_table_lookup"; });
  ASSERT_NE(lookup, all.end());
  const Probe probe = probe_of(*lookup);
  EXPECT_FALSE(probe.has_skb());
  EXPECT_TRUE(probe.finds_skb());
  EXPECT_EQ(probe.config.skb_via, VIA_STACK);
  EXPECT_EQ(probe.config.route_via, ROUTE_FIB);
  EXPECT_TRUE(may_fill(probe.config, REC_SECTION_ROUTE));
  EXPECT_FALSE(may_fill(probe.config, REC_SECTION_SKB));
}

TEST(FoundPacket, ALookUpWithOtherArgumentsTellsNoRoute) {
  const Probe probe =
      probe_of({"fib_table_lookup", "vmlinux", {"u32", "const struct flowi4 *", "const struct fib_nh *"}});
  EXPECT_EQ(probe.config.route_via, ROUTE_NOTHING);
  EXPECT_FALSE(may_fill(probe.config, REC_SECTION_ROUTE));
  EXPECT_EQ(probe.config.skb_via, VIA_STACK);
}

TEST(FoundPacket, AChangeOfANeighborHasAPacketThatWaitsForIt) {
  const Probe update = probe_of({"neigh_update", "vmlinux", {"struct neighbour *", "const u8 *", "u8", "u32", "u32"}});
  EXPECT_EQ(update.config.skb_via, VIA_NEIGHBOUR);
  EXPECT_EQ(update.config.neigh_via, NEIGH_UPDATE);
  const Probe create =
      probe_of({"neigh_create",
                "vmlinux",
                {"struct neigh_table *", "struct net_device *", "const void *", "const struct neighbour *", "bool"}});
  EXPECT_FALSE(create.finds_skb());
  EXPECT_TRUE(may_fill(create.config, REC_SECTION_NEIGH));
}

TEST(FoundPacket, WhatIsNotAboutPacketsHasNone) {
  EXPECT_FALSE(probe_of({"irq_handler_entry", "vmlinux", {"int", "struct irqaction *"}}).finds_skb());
  EXPECT_TRUE(
      probe_of({"inet_sock_set_state", "vmlinux", {"const struct sock *", "const int", "const int"}}).finds_skb());
}

TEST_P(ProbesOf, TheyStandInTheOrderOfTheirNames) {
  auto found = names(probes(GetParam()));
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
}

TEST_P(ProbesOf, TheyFitIntoOneObject) {
  EXPECT_LE(probes(GetParam()).size(), size_t{SKBTRAIL_PROBES});
}

TEST_P(ProbesOf, TheSkbOfKfreeSkbIsFirstAndItsLocationSecond) {
  probe_config kfree = config(GetParam(), "kfree_skb");
  EXPECT_EQ(kfree.skb_arg, 0);
  EXPECT_EQ(kfree.location_arg, 1);
  EXPECT_EQ(kfree.skb_not_owned, 0);
  EXPECT_TRUE(may_fill(kfree, REC_SECTION_DROP));
}

TEST_P(ProbesOf, NetDevXmitFollowsNoPointerOfTheSkb) {
  probe_config xmit = config(GetParam(), "net_dev_xmit");
  EXPECT_EQ(xmit.skb_not_owned, 1);
  EXPECT_FALSE(may_fill(xmit, REC_SECTION_BYTES));
  EXPECT_FALSE(may_fill(xmit, REC_SECTION_SKB));
}

TEST_P(ProbesOf, NetDevXmitTellsItsDeviceResultAndLength) {
  probe_config xmit = config(GetParam(), "net_dev_xmit");
  EXPECT_EQ(xmit.skb_arg, 0);
  EXPECT_EQ(xmit.result_arg, 1);
  EXPECT_EQ(xmit.device_arg, 2);
  EXPECT_EQ(xmit.len_arg, 3);
  EXPECT_TRUE(may_fill(xmit, REC_SECTION_RESULT));
}

TEST_P(ProbesOf, NoOtherSkbIsGone) {
  for (const auto& probe : probes(GetParam())) {
    EXPECT_EQ(probe.config.skb_not_owned, probe.name == "net_dev_xmit") << probe.name;
    if (probe.config.skb_not_owned) continue;
    EXPECT_TRUE(may_fill(probe.config, REC_SECTION_BYTES)) << probe.name;
    EXPECT_TRUE(may_fill(probe.config, REC_SECTION_SKB)) << probe.name;
    EXPECT_EQ(probe.config.result_arg, kNone) << probe.name;
    EXPECT_EQ(probe.config.len_arg, kNone) << probe.name;
  }
}

TEST_P(ProbesOf, EveryProbeTellsDeviceAndTask) {
  for (const auto& probe : probes(GetParam())) {
    EXPECT_TRUE(may_fill(probe.config, REC_SECTION_DEVICE)) << probe.name;
    EXPECT_TRUE(may_fill(probe.config, REC_SECTION_TASK)) << probe.name;
  }
}

TEST_P(ProbesOf, OnlyFreeingAndQueueingDisciplinesTellADrop) {
  for (const auto& probe : probes(GetParam())) {
    if (probe.name == "kfree_skb" || probe.name == "consume_skb") continue;
    if (probe.name == "qdisc_drop") {  // from 7.0 on, with a reason of its own subsystem
      EXPECT_NE(probe.config.reason_arg, kNone);
      continue;
    }
    EXPECT_EQ(probe.config.location_arg, kNone) << probe.name;
    EXPECT_FALSE(may_fill(probe.config, REC_SECTION_DROP)) << probe.name;
  }
}

TEST_P(ProbesOf, TheSkbOfQdiscDequeueIsFourth) {
  EXPECT_EQ(config(GetParam(), "qdisc_dequeue").skb_arg, 3);
}

TEST_P(ProbesOf, ASocketBeforeTheSkbIsFound) {
  EXPECT_EQ(config(GetParam(), "tcp_retransmit_skb").sk_arg, 0);
  EXPECT_EQ(config(GetParam(), "tcp_retransmit_skb").skb_arg, 1);
  EXPECT_EQ(config(GetParam(), "netif_rx").sk_arg, kNone);
}

TEST(Probes, QdiscEnqueueIsThereSince518AndItsSkbIsThird) {
  EXPECT_THAT(names(probes("5.10")), Not(Contains("qdisc_enqueue")));
  for (const char* kernel : {"6.1", "6.12", "6.18", "7.2"}) EXPECT_EQ(config(kernel, "qdisc_enqueue").skb_arg, 2);
}

TEST(Probes, KfreeSkbHasAReasonWhereTheKernelTellsOne) {
  EXPECT_EQ(config("5.10", "kfree_skb").reason_arg, kNone);
  for (const char* kernel : {"6.1", "6.12", "6.18", "7.2"}) EXPECT_EQ(config(kernel, "kfree_skb").reason_arg, 2);
}

TEST(Probes, IcmpSendTellsTypeAndCode) {
  for (const char* kernel : {"6.1", "6.12", "6.18", "7.2"}) {
    EXPECT_EQ(config(kernel, "icmp_send").sent_arg, 1);
    EXPECT_EQ(config(kernel, "icmp_send").sent_code_arg, 2);
    EXPECT_TRUE(may_fill(config(kernel, "icmp_send"), REC_SECTION_SENT));
  }
  EXPECT_FALSE(may_fill(config("6.12", "kfree_skb"), REC_SECTION_SENT));
}

TEST(Probes, TcpSendResetTellsWhySince610) {
  for (const char* kernel : {"5.10", "6.1"}) EXPECT_FALSE(may_fill(config(kernel, "tcp_send_reset"), REC_SECTION_SENT));
  for (const char* kernel : {"6.12", "6.18", "7.2"}) {
    EXPECT_EQ(config(kernel, "tcp_send_reset").sent_arg, 2);
    EXPECT_EQ(config(kernel, "tcp_send_reset").sent_code_arg, kNone);
  }
}

TEST(Probes, KfreeSkbHasASocketSince612) {
  EXPECT_EQ(config("6.1", "kfree_skb").sk_arg, kNone);
  EXPECT_EQ(config("6.12", "kfree_skb").sk_arg, 3);
  EXPECT_EQ(config("7.2", "kfree_skb").sk_arg, 3);
}

TEST(Probes, ConsumeSkbHasALocationWhereTheKernelTellsOne) {
  for (const char* kernel : {"5.10", "6.1"}) {
    EXPECT_EQ(config(kernel, "consume_skb").location_arg, kNone);
    EXPECT_FALSE(may_fill(config(kernel, "consume_skb"), REC_SECTION_DROP));
  }
  for (const char* kernel : {"6.12", "6.18", "7.2"}) {
    EXPECT_EQ(config(kernel, "consume_skb").location_arg, 1);
    EXPECT_EQ(config(kernel, "consume_skb").reason_arg, kNone);
    EXPECT_TRUE(may_fill(config(kernel, "consume_skb"), REC_SECTION_DROP));
  }
}

TEST(Probes, WhatGroAnswersIsAResult) {
  const Probe exit = probe_of({"napi_gro_receive_exit", "vmlinux", {"int"}});
  EXPECT_EQ(exit.config.result_arg, 0);
  EXPECT_TRUE(may_fill(exit.config, REC_SECTION_RESULT));
  EXPECT_EQ(probe_of({"netif_rx_exit", "vmlinux", {"int"}}).config.result_arg, kNone);
}

TEST(Probes, ATracepointWithoutAnSkbFollowsNoneAndTellsItsSocket) {
  const kernel::Tracepoint state{"inet_sock_set_state", "vmlinux", {"const struct sock *", "const int", "const int"}};
  const Probe probe = probe_of(state);
  EXPECT_FALSE(probe.has_skb());
  EXPECT_EQ(probe.config.skb_not_owned, 1);
  EXPECT_EQ(probe.config.sk_arg, 0);
  EXPECT_EQ(probe.config.result_arg, kNone);
  EXPECT_TRUE(may_fill(probe.config, REC_SECTION_BYTES));  // of the packet of its stack, if there is one
  EXPECT_FALSE(may_fill(probe.config, REC_SECTION_SKB));
  EXPECT_TRUE(may_fill(probe.config, REC_SECTION_DEVICE));
}

TEST(Probes, ADevicePointerIsFollowedOnlyWhereTheSkbIsGone) {
  EXPECT_EQ(config("7.2", "qdisc_drop").skb_arg, 3);
  EXPECT_EQ(config("7.2", "qdisc_drop").device_arg, kNone);
}

}  // namespace
}  // namespace skbtrail::probe
