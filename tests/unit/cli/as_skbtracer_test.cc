// The words of skbtracer to what is traced.
#include "cli/tool_intent.h"

#include <gmock/gmock.h>

#include "sentence.h"

namespace skbtrail::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TraceOptions options(std::vector<std::string> words) {
  return parse_skbtracer(std::move(words)).options;
}

std::string error(std::vector<std::string> words) {
  return test::sentence<UsageError>([&] { parse_skbtracer(std::move(words)); });
}

TEST(AsSkbtracer, ItsExamplesAreUnderstood) {
  EXPECT_EQ(options({}).run.count, 1000u);
  EXPECT_TRUE(options({}).filter.packet.empty());
  EXPECT_EQ(options({"-c", "10"}).run.count, 10u);
  EXPECT_FALSE(options({"--proto=icmp", "-H", "1.2.3.4", "--icmpid", "22"}).filter.packet.empty());
  EXPECT_FALSE(options({"--proto=udp", "-H", "1.2.3.4", "-P", "22"}).filter.packet.empty());
  const auto all = options({"-t", "-T", "-p", "1", "-P", "80", "-H", "127.0.0.1", "--proto=tcp", "--callstack",
                            "--icmpid=100", "-N", "10000"});
  EXPECT_TRUE(all.sections.stack && all.display.detail);
  EXPECT_EQ(all.display.time, output::TimeStyle::clock);
  EXPECT_TRUE(all.filter.conditions.any());
}

TEST(AsSkbtracer, WhatIsTracedIsTheRouteTheVerdictsTheDrops) {
  EXPECT_THAT(options({}).probes.tracers, ElementsAre("route"));
  EXPECT_THAT(options({"--dropstack"}).probes.tracers, ElementsAre("route", "drops"));
  EXPECT_THAT(options({"--dropstack"}).sections.stack_at, ElementsAre("kfree_skb"));
  EXPECT_THAT(options({"--dropstack", "--noroute"}).probes.tracers, ElementsAre("drops"));
  EXPECT_THAT(options({"--iptables", "--noroute"}).probes.tracers, ElementsAre("iptables"));
  EXPECT_THAT(options({"--iptables"}).probes.returns_of, Contains("nf_hook_slow"));
  const auto tree = options({}).probes.tree;
  EXPECT_EQ(tree->find("route").size(), 14u);
  EXPECT_EQ(tree->of_tracepoint("net_dev_queue")->group(), "route") << "where functions cannot be traced";
}

TEST(AsSkbtracer, KeepFollowsThePacket) {
  EXPECT_EQ(options({"--keep"}).following.mode, run::Follow::always);
  EXPECT_EQ(options({}).following.mode, run::Follow::never);
}

TEST(AsSkbtracer, GopsServesCountersAtTheLoopbackUnlessTold) {
  EXPECT_EQ(text_of(*options({"--gops", "6060"}).run.counters_at), "127.0.0.1:6060");
  EXPECT_EQ(text_of(*options({"--gops=0.0.0.0:6060"}).run.counters_at), "0.0.0.0:6060");
  EXPECT_FALSE(options({}).run.counters_at);
}

TEST(AsSkbtracer, TheTimeCanBeLeftOut) {
  EXPECT_EQ(options({"--time=false"}).display.time, output::TimeStyle::mono);
}

TEST(AsSkbtracer, AWrongWordIsRefusedWithAHint) {
  EXPECT_THAT(error({"--gops", "here"}), HasSubstr("--gops: port: 'here' is not a number"));
  EXPECT_THAT(error({"--callstak"}), HasSubstr("did you mean --callstack?"));
  EXPECT_THAT(error({"tcp"}), HasSubstr("unexpected argument 'tcp'"));
  EXPECT_THAT(error({"--time=maybe"}), HasSubstr("--time: 'maybe' is neither true nor false"));
  EXPECT_THAT(error({"-H"}), HasSubstr("--ipaddr: requires a value"));
}

TEST(AsSkbtracer, WhatTraceAdvisesIsNotToldWhoHasOtherWords) {
  EXPECT_EQ(error({"--proto", "foo"}),
            "--proto: unknown protocol 'foo'; allowed: a name such as tcp, or a number from 0 to 255");
  EXPECT_EQ(error({"--proto", "1234"}), "--proto: 1234 is too large for a protocol number, at most 255");
  EXPECT_EQ(error({"-H", "localhost"}), "--ipaddr: 'localhost' is not an IPv4 or IPv6 address");
}

TEST(AsSkbtracer, AWrongValueIsToldByTheToolsNameOfTheOption) {
  EXPECT_EQ(error({"-c", "x"}), "--catch-count: 'x' is not a number");
  EXPECT_THAT(error({"--icmpid", "70000"}), HasSubstr("--icmpid: 70000 is too large"));
  EXPECT_THAT(error({"-H", "1.2.3"}), HasSubstr("--ipaddr: '1.2.3' is not an IPv4 or IPv6 address"));
}

}  // namespace
}  // namespace skbtrail::cli
