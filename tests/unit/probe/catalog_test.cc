// The words of -t and -x on a recorded kernel, with and without format files.
#include "probe/catalog.h"

#include <gmock/gmock.h>

#include <sstream>

#include "fake_programs.h"
#include "recorded_btf.h"

namespace skbtrail::probe {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

// Some of a kernel's events, each with the fields that are of interest here.
class FakeEvents : public kernel::TraceEvents {
 public:
  std::vector<std::string> groups() const override { return {"ftrace", "net", "skb", "sock", "syscalls"}; }
  std::vector<std::string> events(const std::string& group) const override {
    if (group == "ftrace") return {"print"};
    if (group == "net") return {"napi_gro_receive_exit", "net_dev_queue", "net_dev_xmit", "netif_receive_skb_exit"};
    if (group == "skb") return {"consume_skb", "kfree_skb"};
    if (group == "sock") return {"inet_sock_set_state"};
    return {"sys_enter_sendto"};
  }
  std::optional<std::string> format(const std::string& group, const std::string& event) const override {
    if (event == "net_dev_xmit") return "not what it should be\n";
    std::string text = "name: " + event + "\nID: 7\nformat:\n\n";
    if (group == "net" || group == "skb") text += "\tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;\n";
    return text + "\tfield:int value;\toffset:16;\tsize:4;\tsigned:1;\n\nprint fmt: \"%d\", REC->value\n";
  }
};

std::unique_ptr<kernel::TraceEvents> no_events() {
  throw kernel::TracefsError("tracefs cannot be opened (Operation not permitted)");
}

Functions::Sources no_functions() {
  return {[] { return std::string(); }, [] { return std::nullopt; }, [] { return std::string("no kprobes here"); }};
}

std::vector<std::string> names(const std::vector<Probe>& all) {
  std::vector<std::string> found;
  for (const auto& probe : all) found.push_back(probe.name);
  return found;
}

class CatalogTest : public testing::Test {
 protected:
  Selection select(const std::vector<std::string>& wanted, const std::vector<std::string>& unwanted = {},
                   bool with_args = false) {
    return catalog_.select(wanted, unwanted, with_args);
  }
  Probe one(const std::string& word, bool with_args = false) {
    auto selection = select({word}, {}, with_args);
    EXPECT_EQ(selection.chosen.size(), 1u) << word;
    return selection.chosen.empty() ? Probe{} : selection.chosen.front();
  }

  kernel::Btf btf_ = test::recorded("6.12");
  int opened_ = 0;
  Catalog catalog_{btf_,
                   [this] {
                     opened_++;
                     return std::make_unique<FakeEvents>();
                   },
                   no_functions()};
};

TEST_F(CatalogTest, NothingWantedIsEveryTracepointWithAnSkb) {
  auto selection = select({});
  EXPECT_EQ(names(selection.chosen), names(skb_tracepoints(btf_)));
  EXPECT_THAT(selection.unknown, IsEmpty());
}

TEST_F(CatalogTest, FormatFilesAreNotLookedForWhereNothingAsksForThem) {
  select({"kfree_skb", "net_*"}, {"net_dev_xmit"});
  EXPECT_EQ(opened_, 0);
}

TEST_F(CatalogTest, NamesAndGlobsChooseTracepointsWithAnSkbInTheOrderOfTheirNames) {
  EXPECT_THAT(names(select({"net_dev_xmit", "kfree_skb"}).chosen), ElementsAre("kfree_skb", "net_dev_xmit"));
  EXPECT_THAT(names(select({"net_dev_*"}).chosen), ElementsAre("net_dev_queue", "net_dev_start_xmit", "net_dev_xmit"));
  EXPECT_THAT(names(select({"sched_*", "kfree_skb"}).chosen), ElementsAre("kfree_skb"));
}

TEST_F(CatalogTest, ANameWithoutAnSkbIsChosenWithWhatItHandsOut) {
  const Probe state = one("inet_sock_set_state");
  EXPECT_FALSE(state.has_skb());
  ASSERT_TRUE(state.format);
  EXPECT_EQ(state.format->group, "sock");
  EXPECT_EQ(state.config.args_from, ARGS_FROM_STASH);
  EXPECT_NE(state.config.sections & REC_SECTION_ARGS, 0);
}

TEST_F(CatalogTest, AGroupChoosesAllOfItsEventsWithWhatTheyHandOut) {
  auto selection = select({"net:*"});
  EXPECT_THAT(names(selection.chosen),
              ElementsAre("napi_gro_receive_exit", "net_dev_queue", "net_dev_xmit", "netif_receive_skb_exit"));
  for (const auto& probe : selection.chosen) EXPECT_TRUE(probe.format) << probe.name;
}

TEST_F(CatalogTest, WhatTheTypedProgramTakesFromTheClassicOneIsToldByTheSkb) {
  const Probe queue = one("net:net_dev_queue");
  EXPECT_TRUE(queue.typed && queue.has_perf_event());
  EXPECT_EQ(queue.config.args_skb, 8);
  EXPECT_EQ(queue.config.args_size, 24);
}

TEST_F(CatalogTest, AnEventThatIsNoTracepointIsTracedByAProgramOfTheClassicKindAlone) {
  const Probe call = one("syscalls:sys_enter_sendto");
  EXPECT_FALSE(call.typed);
  EXPECT_TRUE(call.has_perf_event());
  EXPECT_EQ(call.config.args_from, ARGS_FROM_CONTEXT);
  EXPECT_EQ(one("sys_enter_sendto").format->group, "syscalls");
}

TEST_F(CatalogTest, AFormatFileThatIsNoneLeavesTheArgumentsOfBtf) {
  const Probe xmit = one("net:net_dev_xmit");
  ASSERT_TRUE(xmit.format);
  EXPECT_EQ(xmit.format->id, 0u);
  EXPECT_EQ(xmit.format->fields.size(), 4u);
  EXPECT_EQ(xmit.config.args_from, ARGS_FROM_CONTEXT);
  EXPECT_EQ(xmit.config.args_size, 32);
}

TEST_F(CatalogTest, FormatsOfOtherTracersAreNoEvents) {
  EXPECT_THAT(select({"ftrace:print"}).unknown, Contains(HasSubstr("ftrace:print")));
  EXPECT_THAT(catalog_.names(), Not(Contains(HasSubstr("ftrace:"))));
}

TEST_F(CatalogTest, WhatTwoWordsNameIsChosenOnceWithItsArguments) {
  auto selection = select({"kfree_skb", "skb:kfree_skb", "kfree*"});
  ASSERT_THAT(names(selection.chosen), ElementsAre("kfree_skb"));
  EXPECT_TRUE(selection.chosen.front().format);
}

TEST_F(CatalogTest, ArgumentsOfAllAreThereIfTheyAreAskedFor) {
  for (const auto& probe : select({}, {}, true).chosen) EXPECT_TRUE(probe.format) << probe.name;
}

TEST_F(CatalogTest, UnwantedOnesAreTakenAwayByNameGlobAndGroup) {
  EXPECT_THAT(names(select({"net:*"}, {"net_dev_xmit", "*_exit"}).chosen), ElementsAre("net_dev_queue"));
  EXPECT_THAT(names(select({"net_dev_queue", "kfree_skb"}, {"net:*"}).chosen), ElementsAre("kfree_skb"));
  EXPECT_THAT(select({"net:*"}, {"*"}).chosen, IsEmpty());
}

TEST_F(CatalogTest, WordsThatNameNothingAreToldWithWhatIsNear) {
  auto selection = select({"kfree_skb", "kfre_skb", "net:net_dev_queu", "tcp_*x"}, {"nobody"});
  EXPECT_THAT(names(selection.chosen), ElementsAre("kfree_skb"));
  EXPECT_THAT(
      selection.unknown,
      ElementsAre(
          "no tracepoint and no function with an skb is called 'kfre_skb' on this kernel; did you mean 'kfree_skb'?",
          "no tracepoint is called 'net:net_dev_queu' on this kernel; did you mean 'net:net_dev_queue'?",
          "no tracepoint and no function with an skb is called 'tcp_*x' on this kernel; 'skbtrail list' prints them",
          "no tracepoint and no function with an skb is called 'nobody' on this kernel; 'skbtrail list' prints them"));
}

TEST_F(CatalogTest, EveryNameStandsInTheListOnceWithItsGroupWhereItHasOne) {
  EXPECT_THAT(catalog_.names(),
              IsSupersetOf({"net:net_dev_queue", "syscalls:sys_enter_sendto", "net_dev_start_xmit", "sched_switch"}));
  EXPECT_THAT(catalog_.names(), Not(Contains("net_dev_queue")));
}

TEST(CatalogWithoutTracefs, AWholeNameBehindAGroupIsTakenWithTheArgumentsOfBtf) {
  kernel::Btf btf = test::recorded("6.12");
  Catalog catalog(btf, no_events, no_functions());
  auto selection = catalog.select({"skb:kfree_skb", "sock:inet_sock_set_state"}, {}, false);
  ASSERT_THAT(names(selection.chosen), ElementsAre("inet_sock_set_state", "kfree_skb"));
  for (const auto& probe : selection.chosen) {
    ASSERT_TRUE(probe.format);
    EXPECT_FALSE(probe.has_perf_event());
    EXPECT_EQ(probe.config.args_from, ARGS_FROM_CONTEXT);
    EXPECT_EQ(probe.config.args_size, 8 * probe.format->fields.size());
  }
}

TEST(CatalogWithoutTracefs, AGlobOfAGroupIsRefusedWithTheReason) {
  kernel::Btf btf = test::recorded("6.12");
  Catalog catalog(btf, no_events, no_functions());
  EXPECT_THAT(catalog.select({"net:*"}, {}, false).unknown, ElementsAre(HasSubstr("Operation not permitted")));
}

class CatalogOfFunctions : public testing::Test {
 protected:
  std::vector<std::string> chosen(const std::vector<std::string>& wanted,
                                  const std::vector<std::string>& unwanted = {}) {
    selection_ = catalog_.select(wanted, unwanted, false);
    return names(selection_.chosen);
  }

  std::string obstacle_;
  Selection selection_;
  kernel::Btf btf_ = kernel::Btf::from_file(std::string(RECORDED_BTF) + "/functions.o");
  Catalog catalog_{btf_,
                   no_events,
                   {[] {
                      return std::string(
                          "ffffffff81000010 T skb_first\nffffffff81000020 t skb_second\nffffffff81000030 T sock_alone\n"
                          "ffffffffc0000010 t untyped_xmit\t[untyped]\n");
                    },
                    [] { return std::nullopt; }, [this] { return obstacle_; }}};
};

TEST_F(CatalogOfFunctions, AWholeNameChoosesAFunctionWithAnSkbOrASocket) {
  EXPECT_THAT(chosen({"skb_first"}), ElementsAre("skb_first"));
  EXPECT_TRUE(selection_.chosen.front().function);
  EXPECT_THAT(chosen({"sock_alone"}), ElementsAre("sock_alone"));
}

TEST_F(CatalogOfFunctions, AGlobChoosesThoseWithAnSkbAndOnlyIfThereAreNoneThoseWithASocket) {
  EXPECT_THAT(chosen({"*"}), ElementsAre("skb_first", "skb_second"));
  EXPECT_THAT(chosen({"sock_*"}), ElementsAre("sock_alone"));
  EXPECT_THAT(chosen({"all"}, {"*_first"}), ElementsAre("skb_second"));
}

TEST_F(CatalogOfFunctions, ANameThatCannotBeTracedIsLeftOutWithTheReason) {
  EXPECT_THAT(chosen({"skb_first", "skb_and_sock"}), ElementsAre("skb_first"));
  ASSERT_EQ(selection_.skipped.size(), 1u);
  EXPECT_EQ(selection_.skipped.front().name, "skb_and_sock");
  EXPECT_THAT(selection_.skipped.front().reason, HasSubstr("inlined"));
  EXPECT_THAT(selection_.unknown, IsEmpty());
}

TEST_F(CatalogOfFunctions, OneInAModuleWithoutTypesIsLeftOutAndNoMistake) {
  EXPECT_THAT(chosen({"skb_first", "untyped_xmit"}), ElementsAre("skb_first"));
  ASSERT_EQ(selection_.skipped.size(), 1u);
  EXPECT_THAT(selection_.skipped.front().reason, HasSubstr("module untyped"));
  EXPECT_TRUE(selection_.skipped.front().by_name);
  EXPECT_THAT(selection_.unknown, IsEmpty());
  EXPECT_THAT(chosen({"nosuch"}), IsEmpty());
  EXPECT_EQ(selection_.unknown.size(), 1u);
}

TEST_F(CatalogOfFunctions, WhereNoFunctionCanBeTracedThatIsTheReason) {
  obstacle_ = "no kprobes";
  EXPECT_THAT(chosen({"skb_first"}), IsEmpty());
  ASSERT_EQ(selection_.skipped.size(), 1u);
  EXPECT_EQ(selection_.skipped.front().reason, "no kprobes");
}

TEST(CatalogOfGroups, OneOfWhichNothingCanBeTracedHasOneReason) {
  const auto tree = std::make_shared<const TracerTree>(
      "walls:\n  means: Walls\n  nf_hook_slow: Hooks\n  nft_do_chain: Rules\n"
      "life:\n  means: Ends\n  skb:kfree_skb: Dropped\n  nf_hook_slow2: No\n",
      "tree.yaml");
  Catalog catalog(test::recorded("6.12"), no_events, no_functions(), Prefer::tracepoints, [&] { return tree; });
  const auto walls = catalog.select({"walls", "kfree_skb"}, {}, false);
  EXPECT_THAT(names(walls.chosen), ElementsAre("kfree_skb"));
  ASSERT_EQ(walls.skipped.size(), 3u);
  EXPECT_EQ(walls.skipped[0].name, "walls");
  EXPECT_EQ(walls.skipped[0].reason, "none of its 2 functions can be traced here: no kprobes here");
  EXPECT_TRUE(walls.skipped[0].by_name);
  EXPECT_FALSE(walls.skipped[1].by_name || walls.skipped[2].by_name);
  const auto life = catalog.select({"life"}, {}, false);
  EXPECT_THAT(names(life.chosen), ElementsAre("kfree_skb"));
  ASSERT_EQ(life.skipped.size(), 1u) << "some of it is traced";
  EXPECT_FALSE(life.skipped[0].by_name);
  EXPECT_THAT(catalog.select({"wlals"}, {}, false).unknown, ElementsAre(HasSubstr("did you mean 'walls'?")));
}

struct CatalogOfPrograms : testing::Test {
  CatalogOfPrograms() {
    programs.programs[3] = test::xdp_facts("guard_of_the_door");
    programs.programs[5] = test::tc_facts("shape");
    programs.programs[8] = test::tc_facts("shape");
    programs.programs[9] = test::tc_facts("old");
    programs.programs[9].entry.clear();
  }
  Selection select(const std::vector<std::string>& wanted, const std::vector<std::string>& unwanted = {}) {
    Catalog catalog(btf, no_events, no_functions(), Prefer::tracepoints, nullptr,
                    [this] { return std::make_unique<test::FakePrograms>(programs); });
    return catalog.select(wanted, unwanted, false);
  }
  kernel::Btf btf = test::recorded("6.12");
  test::FakePrograms programs;
};

TEST_F(CatalogOfPrograms, AreNamedWithTheirGroupAndWithANumberWhereThereAreSeveral) {
  EXPECT_THAT(names(select({"bpf:*"}).chosen), ElementsAre("bpf:guard_of_the_door", "bpf:shape#5", "bpf:shape#8"));
  EXPECT_THAT(names(select({"bpf:shape"}).chosen), ElementsAre("bpf:shape#5", "bpf:shape#8"));
  EXPECT_THAT(names(select({"bpf:shape#8"}).chosen), ElementsAre("bpf:shape#8"));
  EXPECT_THAT(names(select({"bpf:3"}).chosen), ElementsAre("bpf:guard_of_the_door"));
  EXPECT_THAT(names(select({"bpf:g*", "kfree_skb"}).chosen), ElementsAre("kfree_skb", "bpf:guard_of_the_door"));
  EXPECT_THAT(names(select({"bpf:*"}, {"bpf:shape"}).chosen), ElementsAre("bpf:guard_of_the_door"));
}

TEST_F(CatalogOfPrograms, AProbeKnowsWhatItIsGivenAndWhatItAnswers) {
  const auto chosen = select({"bpf:*"}).chosen;
  ASSERT_EQ(chosen.size(), 3u);
  const Probe &xdp = chosen[0], &tc = chosen[1];
  EXPECT_EQ(xdp.config.skb_via, VIA_XDP);
  EXPECT_EQ(xdp.program->id, 3u);
  EXPECT_EQ(xdp.config.sections & (REC_SECTION_SKB | REC_SECTION_CONNTRACK), 0u);
  EXPECT_NE(xdp.config.sections & REC_SECTION_BYTES, 0u);
  EXPECT_EQ(xdp.function->result.names.at(1), "XDP_DROP");
  EXPECT_EQ(tc.config.skb_via, VIA_NOTHING);
  fmt::memory_buffer text;
  tc.function->result.append(text, 2);
  EXPECT_EQ(fmt::to_string(text), "TC_ACT_SHOT");
}

TEST_F(CatalogOfPrograms, WhatCannotBeTracedIsLeftOutWithTheReason) {
  const auto selection = select({"bpf:old"});
  EXPECT_THAT(selection.chosen, IsEmpty());
  ASSERT_EQ(selection.skipped.size(), 1u);
  EXPECT_THAT(selection.skipped[0].reason, HasSubstr("BTF"));
}

TEST_F(CatalogOfPrograms, AWordThatNamesNoneIsRefusedWithTheNearest) {
  EXPECT_THAT(select({"bpf:shap"}).unknown,
              ElementsAre(HasSubstr("no XDP or tc program is called 'bpf:shap'; did you mean 'bpf:shape")));
  EXPECT_THAT(select({"bpf:nowhere"}).unknown, ElementsAre(HasSubstr("'skbtrail list bpf:*' prints them")));
  EXPECT_THAT(select({"kfree_skb"}, {"bpf:nowhere"}).unknown, ElementsAre(HasSubstr("no XDP or tc program")));
}

TEST_F(CatalogOfPrograms, WhereNoneIsLoadedOrTheKernelDoesNotListThemItSaysSo) {
  programs.programs.clear();
  EXPECT_EQ(select({"bpf:*"}).skipped.at(0).reason, "no XDP or tc program is loaded");
  EXPECT_THAT(select({"bpf:x"}).unknown, ElementsAre(HasSubstr("no XDP or tc program is loaded")));
  programs.refusal = "not to you";
  EXPECT_EQ(select({"bpf:x"}).skipped.at(0).reason, "not to you");
}

TEST_F(CatalogOfPrograms, AKernelThatTakesNoFentryThereSaysSoOfEach) {
  programs.attachment = EPERM;
  EXPECT_THAT(select({"bpf:shape"}).chosen, IsEmpty());
  EXPECT_THAT(select({"bpf:shape"}).skipped.at(0).reason, HasSubstr("fentry"));
}

TEST_F(CatalogOfPrograms, NothingElseAsksForThem) {
  programs.refusal = "not to be asked";
  EXPECT_THAT(select({}).skipped, IsEmpty());
  EXPECT_THAT(select({"kfree_skb", "net_*"}).skipped, IsEmpty());
}

}  // namespace
}  // namespace skbtrail::probe
