// Which functions are candidates, where their skbs are, and why some are left out.
#include "probe/functions.h"

#include <gmock/gmock.h>

#include "probe/header_state.h"
#include "probe/sent_arguments.h"
#include "recorded_btf.h"

namespace skbtrail::probe {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class FunctionsTest : public testing::Test {
 protected:
  const Candidate& candidate(const std::string& name) {
    const Candidate* found = functions_.find(name);
    if (!found) throw std::runtime_error("no candidate " + name);
    return *found;
  }
  const kernel::Function& function(const std::string& name) { return candidate(name).function; }

  std::string kallsyms_ =
      "ffffffff81000010 T skb_first\n"
      "ffffffff81000020 t skb_second\n"
      "ffffffff81000030 t skb_second\n"
      "ffffffff81000040 t skb_by_pointer.constprop.0\n"
      "ffffffff81000050 t skb_in_pktinfo.part.0\n"
      "ffffffff81000060 t skb_in_pktinfo.cold\n"
      "ffffffff81000070 T skb_and_sock\n"
      "ffffffff81000080 T pointer_before_skb\n"
      "ffffffff81000090 T sock_alone\n"
      "ffffffff810000a0 T socket_alone\t[a_module]\n"
      "ffffffff810000b0 t untyped_xmit\t[untyped]\n";
  std::optional<std::string> traceable_ =
      "skb_first\nskb_second\nskb_by_pointer.constprop.0\nsock_alone\nsocket_alone [a_module]\nskb_and_sock\n";
  kernel::Btf btf_ = kernel::Btf::from_file(std::string(RECORDED_BTF) + "/functions.o");
  Functions functions_{btf_,
                       {[this] { return kallsyms_; }, [this] { return traceable_; }, [] { return std::string(); }}};
};

TEST_F(FunctionsTest, AnSkbIsFoundInAnyPosition) {
  EXPECT_EQ(function("skb_first").skb_at, 0);
  EXPECT_EQ(function("skb_second").skb_at, 1);
  EXPECT_EQ(function("skb_second").skb_in, kernel::Carrier::skb);
  EXPECT_EQ(function("skb_second").words, 2);
}

// What is in the first is still what was in its memory before.
TEST_F(FunctionsTest, OfTwoSkbsTheOneThatIsThereCounts) {
  EXPECT_EQ(function("__copy_skb_header").skb_at, 1);
}

// As the kernel has them: type and code by their names, the reason of a reset by its type (Linux 6.10).
TEST_F(FunctionsTest, WhatIsAboutToBeSentIsFoundAmongTheArguments) {
  const auto sent = [&](const char* name) {
    const probe_config config = functions_.probe(candidate(name)).config;
    EXPECT_EQ((config.sections & REC_SECTION_SENT) != 0,
              config.sent_arg != SKBTRAIL_NO_ARG || config.sent_code_arg != SKBTRAIL_NO_ARG);
    return std::pair<int, int>(config.sent_arg, config.sent_code_arg);
  };
  const int none = SKBTRAIL_NO_ARG;
  EXPECT_EQ(sent("__icmp_send"), std::pair(1, 2));
  EXPECT_EQ(sent("icmp6_send"), std::pair(1, 2));
  EXPECT_EQ(sent("tcp_v4_send_reset"), std::pair(2, none));
  EXPECT_EQ(sent("tcp_v6_send_reset"), std::pair(none, none));
  EXPECT_EQ(sent("icmp_ndo_send"), std::pair(none, none)) << "a struct in two registers stands before them";
  EXPECT_EQ(sent("skb_first"), std::pair(none, none));
}

TEST_F(FunctionsTest, AReasonForAResetIsNamedWhereOneIsTold) {
  Probe told = functions_.probe(candidate("tcp_v4_send_reset")),
        untold = functions_.probe(candidate("tcp_v6_send_reset"));
  for (Probe* probe : {&told, &untold}) name_reset_reasons(*probe, btf_);
  ASSERT_NE(told.reset_reasons, nullptr);
  EXPECT_EQ(told.reset_reasons->at(1), "NO_SOCKET");
  EXPECT_EQ(untold.reset_reasons, nullptr);
}

TEST(HeaderStates, AreKnownByName) {
  EXPECT_EQ(header_state_at("udp_send_skb"), HEADERS_NO_UDP);
  EXPECT_EQ(header_state_at("ip6_local_out"), HEADERS_NO_LENGTH);
  EXPECT_EQ(header_state_at("eth_type_trans"), HEADERS_LINK_AT_DATA);
  EXPECT_EQ(header_state_at("udp_send_skb_"), HEADERS_WRITTEN);
  EXPECT_EQ(header_state_at(""), HEADERS_WRITTEN);
}

TEST(HeaderStates, FitIntoTheWordOfACall) {
  const uint64_t word = ATTACH_COOKIE(0xffff, 0xf, VIA_POINTER, 5, VIA_SOCKET, HEADERS_LINK_AT_DATA, DIRECTION_OUT);
  EXPECT_EQ(word, uint32_t(word));
  EXPECT_EQ(COOKIE_SKB_AT(word), 0xfU);
  EXPECT_EQ(COOKIE_SKB_VIA(word), uint64_t{VIA_POINTER});
  EXPECT_EQ(COOKIE_SK_AT(word), 5U);
  EXPECT_EQ(COOKIE_SK_VIA(word), uint64_t{VIA_SOCKET});
  EXPECT_EQ(COOKIE_HEADERS(word), uint64_t{HEADERS_LINK_AT_DATA});
  EXPECT_EQ(COOKIE_DIRECTION(word), uint64_t{DIRECTION_OUT});
  EXPECT_EQ(COOKIE_SK_VIA(ATTACH_COOKIE(0, 0, 0, 0xf, VIA_NOTHING, 0, 0)), uint64_t{VIA_NOTHING});
}

TEST_F(FunctionsTest, WhatLeadsToAnSkbCounts) {
  EXPECT_EQ(function("skb_by_pointer").skb_in, kernel::Carrier::skb_pointer);
  EXPECT_EQ(function("skb_by_pointer").skb_at, 1);
  EXPECT_EQ(function("skb_in_pktinfo").skb_in, kernel::Carrier::nft_pktinfo);
  EXPECT_EQ(functions_.probe(candidate("skb_in_pktinfo")).config.skb_via, VIA_POINTER);
}

// BTF says of no list what it is one of; the functions are known by name, and the place of the list is found.
TEST_F(FunctionsTest, AListOfSkbsCountsAndOtherListsDoNot) {
  EXPECT_EQ(function("ip_list_rcv_finish").skb_in, kernel::Carrier::skb_list);
  EXPECT_EQ(function("ip_list_rcv_finish").skb_at, 2);
  EXPECT_EQ(functions_.probe(candidate("ip_list_rcv_finish")).config.skb_via, VIA_LIST);
  EXPECT_EQ(functions_.find("list_of_others"), nullptr);
}

TEST_F(FunctionsTest, WhereOnlyAnAnswerIsPutThereIsNoSkb) {
  EXPECT_FALSE(function("__skb_try_recv_datagram").has_skb());
  EXPECT_EQ(function("__skb_try_recv_datagram").sock_at, 0);
}

TEST_F(FunctionsTest, TheSkbItselfIsBetterThanWhatLeadsToOne) {
  EXPECT_EQ(function("pointer_before_skb").skb_at, 1);
  EXPECT_EQ(function("pointer_before_skb").skb_in, kernel::Carrier::skb);
}

TEST_F(FunctionsTest, ASocketStandsBesideTheSkbOrAlone) {
  EXPECT_EQ(function("skb_and_sock").sock_at, 0);
  EXPECT_EQ(function("skb_and_sock").skb_at, 1);
  EXPECT_FALSE(function("sock_alone").has_skb());
  EXPECT_EQ(function("sock_alone").sock_at, 1);
  const Probe probe = functions_.probe(candidate("socket_alone"));
  EXPECT_EQ(probe.config.sk_via, VIA_SOCKET);
  EXPECT_TRUE(probe.config.skb_not_owned);
  EXPECT_FALSE(probe.has_skb());
}

TEST_F(FunctionsTest, OtherFunctionsAreNone) {
  EXPECT_EQ(functions_.find("neither"), nullptr);
  EXPECT_EQ(functions_.find("skb_elsewhere"), nullptr) << "its skb is not the first member";
  EXPECT_EQ(functions_.find("nosuch"), nullptr);
}

TEST_F(FunctionsTest, OneInAModuleWithoutTypesIsToldFromOneThatIsNowhere) {
  EXPECT_EQ(functions_.find("untyped_xmit"), nullptr);
  EXPECT_THAT(functions_.why_unknown("untyped_xmit"),
              HasSubstr("it is in module untyped, of which this kernel has no type information"));
  EXPECT_THAT(functions_.why_unknown("untyped_*"), HasSubstr("module untyped"));
  EXPECT_EQ(functions_.why_unknown("nosuch"), "");
  EXPECT_EQ(functions_.why_unknown("nosuch_*"), "");
}

// By the types of this kernel, whatever the order.
TEST_F(FunctionsTest, OfAFunctionThatDecidesTheArgumentsWithHookAndTableAreFound) {
  const auto config = [&](const char* name) { return functions_.probe(candidate(name)).config; };
  constexpr uint32_t kBoth = REC_SECTION_HOOK | REC_SECTION_TABLE;
  const auto now = config("ipt_do_table"), before = config("arpt_do_table"), bridge = config("ebt_do_table");
  EXPECT_EQ(now.table_arg, 0);
  EXPECT_EQ(now.hook_arg, 2);
  EXPECT_EQ(now.table_via, TABLE_XT);
  EXPECT_EQ(now.sections & kBoth, kBoth);
  EXPECT_EQ(before.hook_arg, 1);
  EXPECT_EQ(before.table_arg, 2);
  EXPECT_EQ(before.table_via, TABLE_XT);
  EXPECT_EQ(bridge.table_via, TABLE_EBT);
  const auto chain = config("nft_do_chain"), whole = config("nf_hook_slow");
  EXPECT_EQ(chain.hook_arg, 0);
  EXPECT_EQ(chain.hook_via, HOOK_PKTINFO);
  EXPECT_EQ(chain.table_arg, 1);
  EXPECT_EQ(chain.table_via, TABLE_NFT_CHAIN);
  EXPECT_EQ(whole.hook_arg, 1);
  EXPECT_EQ(whole.sections & kBoth, uint32_t{REC_SECTION_HOOK});
  EXPECT_EQ(config("ip6t_do_table").sections & kBoth, 0u) << "there are none";
  EXPECT_EQ(config("a_hook").sections & kBoth, 0u) << "it decides nothing that is shown";
}

TEST_F(FunctionsTest, WhatRulesAreTracedWithIsFound) {
  const auto config = [&](const char* name) { return functions_.probe(candidate(name)).config; };
  constexpr uint32_t kAll = REC_SECTION_HOOK | REC_SECTION_TABLE | REC_SECTION_RULE;
  const auto nft = config("nft_trace_notify"), log = config("nf_log_trace");
  EXPECT_EQ(nft.sections & kAll, kAll);
  EXPECT_EQ(std::tuple(nft.hook_arg, nft.verdict_arg, nft.rule_arg, nft.table_arg), std::tuple(0, 1, 2, 3));
  EXPECT_EQ(std::tuple(nft.hook_via, nft.rule_via, nft.table_via), std::tuple(HOOK_PKTINFO, RULE_NFT, TABLE_NFT_TRACE));
  EXPECT_EQ(log.sections & kAll, 0u) << "its arguments are not those of any kernel";
  EXPECT_EQ(config("nft_do_chain").verdict_arg, SKBTRAIL_NO_ARG);
}

TEST(OlderFunctions, TheTraceOfNftablesLedToThePacketAndTheRule) {
  const auto types = kernel::Btf::from_file(std::string(RECORDED_BTF) + "/functions_6_1.o");
  const std::string kallsyms = "ffffffff81000010 t nft_trace_notify\nffffffff81000020 t nft_trace_init\n";
  Functions functions(
      types, {[&] { return kallsyms; }, [] { return std::optional<std::string>(); }, [] { return std::string(); }});
  const auto config = functions.probe(*functions.find("nft_trace_notify")).config;
  constexpr uint32_t kAll = REC_SECTION_HOOK | REC_SECTION_TABLE | REC_SECTION_RULE;
  EXPECT_EQ(config.sections & kAll, kAll);
  EXPECT_EQ(std::tuple(config.skb_arg, config.skb_via), std::tuple(0, VIA_TRACE));
  EXPECT_EQ(std::tuple(config.hook_arg, config.verdict_arg, config.rule_arg, config.table_arg), std::tuple(0, 0, 0, 0));
  EXPECT_EQ(std::tuple(config.hook_via, config.rule_via, config.table_via),
            std::tuple(HOOK_TRACE, RULE_NFT_INFO, TABLE_NFT_TRACE));
  const Candidate* init = functions.find("nft_trace_init");
  ASSERT_TRUE(init);
  EXPECT_EQ(init->function.skb_in, kernel::Carrier::nft_pktinfo) << "what it is given first may not be filled in";
}

TEST_F(FunctionsTest, AllArgumentsAreKnownByNameTypeAndRegister) {
  const auto arguments = kernel::Btf::arguments(function("arpt_do_table"));
  ASSERT_EQ(arguments.size(), 3u);
  EXPECT_EQ(arguments[1].name, "state");
  EXPECT_EQ(arguments[1].type, "struct nf_hook_state *");
  EXPECT_EQ(arguments[2].at, 2);
}

TEST_F(FunctionsTest, WhatAFunctionReturnsIsKnownByItsType) {
  EXPECT_EQ(function("skb_first").result.name, "int");
  EXPECT_TRUE(function("skb_first").result.is_signed);
  EXPECT_EQ(function("skb_second").result.name, "void");
  EXPECT_EQ(function("skb_by_pointer").result.size, 1);
  EXPECT_EQ(function("skb_in_pktinfo").result.enumeration, "verdict");
  EXPECT_TRUE(function("skb_and_sock").result.is_pointer);
}

TEST_F(FunctionsTest, ResultsHaveTheNamesOfTheirEnum) {
  const auto format = functions_.probe(candidate("skb_in_pktinfo")).function->result;
  fmt::memory_buffer text;
  format.append(text, 1);
  EXPECT_EQ(fmt::to_string(text), "ACCEPT");
}

TEST_F(FunctionsTest, OtherArgumentsTellOfTheResult) {
  EXPECT_TRUE(function("a_hook").is_hook);
  EXPECT_TRUE(function("skb_in_pktinfo").is_hook);
  EXPECT_TRUE(function("a_target").is_target);
  EXPECT_TRUE(function("a_handler").is_handler);
  EXPECT_FALSE(function("a_deliverer").is_handler) << "it is given where to put the handler";
  EXPECT_TRUE(function("an_enqueue").is_queueing);
  EXPECT_FALSE(function("no_enqueue").is_queueing);
  EXPECT_FALSE(function("drops_from").is_queueing) << "it returns how many, or which";
  EXPECT_TRUE(function("a_classifier").is_action);
  EXPECT_FALSE(function("skb_first").is_hook || function("skb_first").is_action || function("skb_first").is_queueing);
}

TEST_F(FunctionsTest, AnEnumWithNegativeValuesIsSigned) {
  EXPECT_TRUE(function("a_driver").result.is_signed);
  EXPECT_FALSE(function("skb_in_pktinfo").result.is_signed);
  const auto format = functions_.probe(candidate("a_driver")).function->result;
  fmt::memory_buffer text;
  format.append(text, 0x00000000fffffff4);
  EXPECT_EQ(fmt::to_string(text), "-ENOMEM");
}

TEST_F(FunctionsTest, EveryPlaceOfANameIsTraced) {
  EXPECT_EQ(candidate("skb_first").obstacle, "");
  EXPECT_THAT(candidate("skb_second").addresses, ElementsAre(0xffffffff81000020, 0xffffffff81000030));
}

TEST_F(FunctionsTest, ACopyStandsForAFunctionThatIsNotThereItself) {
  const Candidate& copy = candidate("skb_by_pointer");
  EXPECT_EQ(copy.obstacle, "");
  EXPECT_EQ(copy.copy, "skb_by_pointer.constprop.0");
  EXPECT_THAT(copy.addresses, ElementsAre(0xffffffff81000040));
}

TEST_F(FunctionsTest, APartOfAFunctionDoesNotStandForIt) {
  EXPECT_THAT(candidate("skb_in_pktinfo").obstacle, HasSubstr("inlined"));
}

TEST_F(FunctionsTest, WhatTheFunctionTracerHasNoHookInIsLeftOut) {
  EXPECT_THAT(candidate("pointer_before_skb").obstacle, HasSubstr("not traceable"));
}

TEST_F(FunctionsTest, WithoutTheListOfTheFunctionTracerSymbolsDecide) {
  traceable_.reset();
  EXPECT_EQ(candidate("pointer_before_skb").obstacle, "");
  EXPECT_THAT(candidate("skb_in_pktinfo").obstacle, HasSubstr("inlined"));
}

TEST_F(FunctionsTest, WhereSymbolsAreHiddenNamesHaveToDo) {
  kallsyms_ = "0000000000000000 T skb_first\n";
  traceable_.reset();
  EXPECT_EQ(candidate("skb_first").obstacle, "");
  EXPECT_TRUE(candidate("skb_first").addresses.empty());
}

}  // namespace
}  // namespace skbtrail::probe
