// The words of nettrace to what is traced.
#include "cli/tool_intent.h"

#include <gmock/gmock.h>

#include "temp_dir.h"

namespace skbtrail::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TraceOptions options(std::vector<std::string> words) {
  return parse_nettrace(std::move(words)).options;
}

std::string error(std::vector<std::string> words) {
  try {
    parse_nettrace(std::move(words));
  } catch (const UsageError& thrown) {
    return thrown.what();
  }
  return "";
}

TEST(AsNettrace, TheWordsOfTheArticleAreUnderstood) {
  const auto detailed = options({"-p", "icmp", "--addr", "10.35.13.63", "--detail"});
  EXPECT_EQ(detailed.display.layout->name, "nettrace");
  EXPECT_TRUE(detailed.display.detail);
  EXPECT_FALSE(detailed.filter.packet.empty());
  EXPECT_THAT(options({"-t", "napi_gro_receive,ip"}).probes.tracers, ElementsAre("napi_gro_receive", "ip"));
  EXPECT_TRUE(options({"--ret", "-t", "ip"}).probes.returns);
  EXPECT_EQ(options({"-c", "5"}).run.count, 5u);
}

TEST(AsNettrace, TheTimelineShowsPacketsAndTheValueOfWhatClonesThem) {
  const auto timeline = options({"-p", "icmp", "--addr", "10.35.13.63", "--detail", "--timeline", "-c", "3"});
  EXPECT_TRUE(timeline.trails.shown);
  EXPECT_FALSE(timeline.probes.returns);
  EXPECT_THAT(timeline.probes.returns_of, ElementsAre("skb_clone"));
  EXPECT_EQ(timeline.run.count, 3u);
  EXPECT_FALSE(options({}).trails.shown);
  EXPECT_TRUE(options({}).probes.returns_of.empty());
}

TEST(AsNettrace, SkbModeFollowsWhatMatchedOnceAndSoDoesATimelineWhereThatIsPossible) {
  EXPECT_EQ(options({"--timeline", "--skb-mode"}).following.mode, run::Follow::always);
  EXPECT_EQ(options({"--skb-mode"}).following.mode, run::Follow::always);
  EXPECT_EQ(options({"--timeline"}).following.mode, run::Follow::automatic);
  EXPECT_EQ(options({}).following.mode, run::Follow::never);
}

TEST(AsNettrace, AllIsTheWholeTreeAndTheDefault) {
  const auto all = options({}).probes.tracers;
  EXPECT_THAT(all, AllOf(Contains("link"), Contains("netfilter"), Contains("life"), Not(Contains("all"))));
  EXPECT_EQ(options({"-t", "all"}).probes.tracers, all);
}

TEST(AsNettrace, TheTreeIsPrintedAsTheOriginalPrintsIt) {
  const std::string page = parse_nettrace({"-t", "?"}).page;
  EXPECT_THAT(page, HasSubstr("available tracer:\n---------------------------------------------------\n\nall: "));
  EXPECT_THAT(page, HasSubstr("\n    link: "));
  EXPECT_THAT(page, HasSubstr("\n        link-in: "));
  EXPECT_THAT(page, HasSubstr("\n            napi_gro_receive\n"));
}

TEST(AsNettrace, StacksOfAllAreRefusedUnlessInsistedOn) {
  EXPECT_THAT(error({"--stack"}), HasSubstr("insist with --force-stack"));
  EXPECT_THAT(error({"-t", "ip,all", "--stack"}), HasSubstr("insist with --force-stack"));
  EXPECT_TRUE(options({"--stack", "--force-stack"}).sections.stack);
  EXPECT_TRUE(options({"--stack", "--force_stack"}).sections.stack);
  EXPECT_TRUE(options({"--stack", "-t", "icmp"}).sections.stack);
  EXPECT_THAT(options({"--stack-tracer", "icmp_rcv,life"}).sections.stack_at, ElementsAre("icmp_rcv", "life"));
}

TEST(AsNettrace, ATracerJsonIsTheTree) {
  const test::TempDir dir;
  dir.write("tracer.json", R"({"name": "all", "desc": "mine", "children": [
    {"name": "mine", "desc": "some", "children": ["ip_rcv:0", {"name": "k", "tp": "skb:kfree_skb"}]}]})");
  const auto mine = options({"--tracers", dir.path("tracer.json")});
  EXPECT_THAT(mine.probes.tracers, ElementsAre("mine"));
  EXPECT_EQ(mine.probes.tree->find("mine").size(), 2u);
  EXPECT_EQ(mine.probes.tree->of_probe("ip_rcv")->group(), "mine");
  EXPECT_THAT(error({"--tracers", dir.path("none.json")}), HasSubstr("none.json: cannot be read"));
}

TEST(AsNettrace, AWrongWordIsRefusedWithAHint) {
  EXPECT_THAT(error({"-t", "ip-inn"}), HasSubstr("unknown tracer 'ip-inn'; did you mean ip-in?"));
  EXPECT_THAT(error({"--tcp-flags", "S"}), HasSubstr("option --tcp-flags is not supported here"));
  EXPECT_THAT(error({"--detial"}), HasSubstr("did you mean --detail?"));
  EXPECT_THAT(error({"tcp"}), HasSubstr("unexpected argument 'tcp'"));
  EXPECT_THAT(error({"-p"}), HasSubstr("nettrace: --proto: requires a value"));
}

}  // namespace
}  // namespace skbtrail::cli
