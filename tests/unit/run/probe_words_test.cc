// Words of -t and -x to the probes of a recording.
#include "run/probe_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skbtrail::test {
namespace {

using recording::Head;
using recording::RecordedProbe;
using run::ProbeWords;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kTree = R"(
all:
  link:
    means: Link
    link-in:
      means: In
      __netif_receive_skb_core else net:netif_receive_skb: Taps
      netif_receive_skb else net:netif_receive_skb_entry: Handed in
      napi_gro_receive: Merged
  ip:
    means: IP
    includes: [napi_gro_receive]
    ip_rcv_core or ip_rcv_core_old: Checked
  free:
    means: Freed
    skb:kfree_skb or kfree_skb_reason: Dropped
)";

recording::RecordedProbe tracepoint(const std::string& name, const std::string& group = "") {
  return {name, nullptr, nullptr, group};
}

recording::RecordedProbe function(const std::string& name) {
  return {name, nullptr, std::make_shared<event::ResultFormat>(event::ResultFormat{"int", 4, true, false})};
}

class ProbeWordsTest : public testing::Test {
 protected:
  ProbeWordsTest() {
    head_.probes = {tracepoint("netif_receive_skb"), tracepoint("net_dev_queue", "net"), tracepoint("kfree_skb"),
                    function("napi_gro_receive"), function("ip_rcv_core.isra.0")};
  }

  [[nodiscard]] ProbeWords words(const std::vector<std::string>& words) const { return {tree_, words, {&head_}}; }

  [[nodiscard]] std::vector<std::string> named(const std::vector<std::string>& list) const {
    const auto understood = words(list);
    std::vector<std::string> names;
    for (const auto& probe : head_.probes)
      if (understood.name(probe)) names.push_back(probe.name);
    return names;
  }

  std::shared_ptr<const probe::TracerTree> tree_ = std::make_shared<probe::TracerTree>(kTree, "test.yaml");
  recording::Head head_;
};

TEST_F(ProbeWordsTest, NamesAndGlobsNameProbes) {
  EXPECT_THAT(named({"kfree_skb", "net_*"}), ElementsAre("net_dev_queue", "kfree_skb"));
  EXPECT_THAT(named({"all"}), ::testing::SizeIs(5));
  EXPECT_TRUE(words({}).empty());
}

// As -t and -x of a live run do (probe/probe_name.h).
TEST_F(ProbeWordsTest, AGroupOfTheKernelNamesTracepointsWhetherItWasRecordedOrIsTheTrees) {
  EXPECT_THAT(named({"skb:kfree_skb"}), ElementsAre("kfree_skb"));
  EXPECT_THAT(named({"net:*"}), ElementsAre("netif_receive_skb", "net_dev_queue"));
  EXPECT_THAT(named({"skb:*"}), ElementsAre("kfree_skb"));
}

TEST_F(ProbeWordsTest, BpfProgramsAreNamedAsLive) {
  head_.probes.push_back(function("bpf:xdp_guard#7"));
  for (const char* word : {"bpf:*", "bpf:xdp_*", "bpf:xdp_guard", "bpf:xdp_guard#7"})
    EXPECT_THAT(named({word}), ElementsAre("bpf:xdp_guard#7")) << word;
  EXPECT_FALSE(words({"bpf:tc_*"}).missing().empty());
}

TEST_F(ProbeWordsTest, GroupsOfTracersNameTheirPlacesAlsoByStandInsCopiesAndInclusion) {
  EXPECT_THAT(named({"link-in"}), ElementsAre("netif_receive_skb", "napi_gro_receive"));
  EXPECT_THAT(named({"link"}), ElementsAre("netif_receive_skb", "napi_gro_receive"));
  EXPECT_THAT(named({"ip"}), ElementsAre("napi_gro_receive", "ip_rcv_core.isra.0"));
}

TEST_F(ProbeWordsTest, AnotherKernelsNameOfAPlaceNamesItWhereNoProbeHasIt) {
  EXPECT_THAT(named({"ip_rcv_core_old"}), ElementsAre("ip_rcv_core.isra.0"));
  EXPECT_THAT(named({"kfree_skb_reason"}), ElementsAre("kfree_skb"));
  head_.probes.push_back(function("kfree_skb_reason"));
  EXPECT_THAT(named({"kfree_skb_reason"}), ElementsAre("kfree_skb_reason"));
}

TEST_F(ProbeWordsTest, TheGroupOfATracepointIsTheRecordedOneOrTheTreesOrOpen) {
  EXPECT_THAT(named({"net:*"}), ElementsAre("netif_receive_skb", "net_dev_queue"));
  EXPECT_THAT(named({"skb:kfree_skb"}), ElementsAre("kfree_skb"));
  EXPECT_THAT(named({"net:kfree_skb"}), IsEmpty());
  head_.probes = {tracepoint("unheard_of")};
  EXPECT_THAT(named({"x:unheard_of"}), ElementsAre("unheard_of"));
  EXPECT_THAT(named({"x:unheard*"}), IsEmpty());
  head_.probes = {function("net_rx_action")};
  EXPECT_THAT(named({"net:*"}), IsEmpty());
}

TEST_F(ProbeWordsTest, WhatNamesNothingIsKnownToTheTreeOrNot) {
  head_.probes = {tracepoint("kfree_skb")};
  const auto understood = words({"kfree_skb", "link-in", "ip_rcv_core", "nosuch"});
  ASSERT_EQ(understood.missing().size(), 3U);
  EXPECT_EQ(understood.missing()[0].word, "link-in");
  EXPECT_TRUE(understood.missing()[0].is_known);
  EXPECT_TRUE(understood.missing()[1].is_known);
  EXPECT_EQ(understood.missing()[2].word, "nosuch");
  EXPECT_FALSE(understood.missing()[2].is_known);
}

}  // namespace
}  // namespace skbtrail::test
