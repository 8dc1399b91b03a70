// The names that words of -t, -x, --stack and list give to probes, live and recorded.
#include "probe/probe_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/tracepoints.h"

namespace skbtrail::probe {
namespace {

TEST(ProbeName, AWordWithoutAColonNamesTheProbeInAnyGroup) {
  EXPECT_TRUE(names_probe("kfree_skb", "skb", "kfree_skb"));
  EXPECT_TRUE(names_probe("kfree_*", "skb", "kfree_skb"));
  EXPECT_TRUE(names_probe("ip_rcv", "", "ip_rcv"));
  EXPECT_FALSE(names_probe("skb", "skb", "kfree_skb"));
}

TEST(ProbeName, AWordWithAColonNamesItByTheGroupToo) {
  EXPECT_TRUE(names_probe("skb:kfree_skb", "skb", "kfree_skb"));
  EXPECT_TRUE(names_probe("skb:*", "skb", "kfree_skb"));
  EXPECT_TRUE(names_probe("*:kfree_skb", "skb", "kfree_skb"));
  EXPECT_FALSE(names_probe("net:kfree_skb", "skb", "kfree_skb"));
}

TEST(ProbeName, WhatHasNoKnownGroupIsNamedByNoWordWithAColon) {
  for (const char* word : {"skb:kfree_skb", "*:*", ":kfree_skb"})
    EXPECT_FALSE(names_probe(word, "", "kfree_skb")) << word;
}

TEST(ProbeName, OfALiveProbeIsTheSame) {
  Probe probe{.name = "kfree_skb", .module = "vmlinux"};
  EXPECT_FALSE(probe.is_named_by("skb:kfree_skb"));
  probe.group = "skb";
  for (const char* word : {"skb:kfree_skb", "skb:*", "kfree_skb", "net:*", "kfree"})
    EXPECT_EQ(probe.is_named_by(word), names_probe(word, "skb", "kfree_skb")) << word;
}

}  // namespace
}  // namespace skbtrail::probe
