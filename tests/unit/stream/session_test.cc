// Sessions on a kernel that refuses what a test says: what is skipped, what ends the run, and what it says then.
#include "stream/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attach/fake_kernel.h"

namespace skbtrail::stream {

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

MATCHER_P2(Skipped, name, reason, "") {
  return arg.name == name && testing::ExplainMatchResult(HasSubstr(reason), arg.reason, result_listener);
}

probe_config with_an_skb() {
  probe_config config{};
  config.sk_arg = config.device_arg = config.location_arg = config.reason_arg = config.result_arg = config.len_arg =
      SKBTRAIL_NO_ARG;
  config.sections = REC_SECTION_BYTES;
  return config;
}

probe::Probe tracepoint(const char* name) {
  probe::Probe probe;
  probe.name = name;
  probe.module = "vmlinux";
  probe.config = with_an_skb();
  return probe;
}

// With a format file, so that an event hangs on it as well.
probe::Probe with_event(probe::Probe probe, uint32_t id) {
  auto format = std::make_shared<event::EventFormat>();
  format->id = id;
  probe.format = format;
  return probe;
}

probe::Probe function(const char* name, uint64_t address) {
  probe::Probe probe = tracepoint(name);
  auto target = std::make_shared<probe::FunctionTarget>();
  target->addresses = {address};
  target->result.size = 4;
  probe.function = target;
  return probe;
}

probe::Probe program(const char* name, uint32_t id) {
  probe::Probe probe = function(name, 0);
  probe.program = std::make_shared<probe::ProgramTarget>(probe::ProgramTarget{id, name});
  probe.config.skb_via = VIA_XDP;
  probe.config.returns = RETURNS_ALONE;
  return probe;
}

probe::Probe returned(probe::Probe probe) {
  probe.config.returns = RETURNS_TOO;
  return probe;
}

struct SessionTest : testing::Test {
  test::FakeKernel kernel;
  Plan plan;

  SessionTest() {
    plan.ring_bytes = 1 << 16;
    plan.kernel.bytes_type = 7;  // rings of our own
    plan.kernel.functions.rdonly_cast = 70;
    kernel.program_types.erase(BPF_PROG_TYPE_RAW_TRACEPOINT);  // nothing is shared
  }
  void add(probe::Probe probe) { plan.probes.push_back(std::move(probe)); }
  std::unique_ptr<Session> start() { return std::make_unique<Session>(plan, kernel); }
  std::string failure() {
    try {
      start();
    } catch (const SessionError& error) {
      log = error.log;
      return error.what();
    }
    return "none";
  }
  std::string log;
};

TEST_F(SessionTest, EachTracepointHasItsProgram) {
  add(tracepoint("first"));
  add(tracepoint("second"));
  const auto session = start();
  EXPECT_EQ(session->attached(), 2u);
  EXPECT_THAT(kernel.attached, ElementsAre("probe_00", "probe_01"));
  EXPECT_THAT(session->skipped(), IsEmpty());
  session->detach();
  EXPECT_TRUE(kernel.waited);
}

TEST_F(SessionTest, ABpfProgramHasAProgramAtItsBeginAndOneAtItsEndInAnObjectOfTheirOwn) {
  add(tracepoint("first"));
  add(program("guard", 17));
  add(function("ip_rcv", 0x1000));
  const auto session = start();
  EXPECT_EQ(session->attached_programs(), 1u);
  EXPECT_EQ(session->attached_functions(), 1u);
  EXPECT_EQ(session->attached(), 3u);
  ASSERT_EQ(kernel.attempts.size(), 3u);
  const auto& object = kernel.attempts[1];
  ASSERT_EQ(object.programs.size(), 2u);
  for (const auto& ours : object.programs) {
    EXPECT_EQ(ours.target, "guard");
    EXPECT_EQ(ours.target_program, 17u);
  }
  EXPECT_EQ(object.config.probes[0].number, 1);
  // The end first: no call is kept whose return is not seen.
  EXPECT_EQ(kernel.attached[1], "leave_00");
  EXPECT_EQ(kernel.attached[2], "entry_00");
}

TEST_F(SessionTest, ABpfProgramThatIsGoneIsSkippedAndTheOthersAreTraced) {
  add(program("gone", 17));
  add(program("here", 18));
  kernel.targets["gone"] = ENOENT;
  const auto session = start();
  EXPECT_EQ(session->attached_programs(), 1u);
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("gone", "unloaded")));
}

TEST_F(SessionTest, MoreBpfProgramsThanTheObjectIsForAreSkipped) {
  for (uint32_t i = 0; i <= SKBTRAIL_BPF_STUBS; i++) add(program("many", i + 1));
  const auto session = start();
  EXPECT_EQ(session->attached_programs(), size_t{SKBTRAIL_BPF_STUBS});
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("many", "at most")));
}

TEST_F(SessionTest, ATracepointThatIsRefusedIsSkippedWithTheReasonAndTheRunGoesOn) {
  add(tracepoint("first"));
  add(tracepoint("second"));
  kernel.programs["probe_00"] = {EINVAL, "R1 invalid mem access"};
  const auto session = start();
  EXPECT_EQ(session->attached(), 1u);
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("first", "refused: Invalid argument (R1 invalid mem access)")));
}

TEST_F(SessionTest, ATracepointThatTheKernelLacksIsSkipped) {
  add(tracepoint("gone"));
  add(tracepoint("here"));
  kernel.targets["gone"] = ESRCH;
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("probe_01"));
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("gone", "failed to find kernel BTF type ID of 'gone'")));
}

TEST_F(SessionTest, WhereAllAreRefusedTheRunFailsWithTheFirstReason) {
  add(tracepoint("first"));
  add(tracepoint("second"));
  kernel.programs["probe_00"] = {EINVAL, "no"};
  kernel.programs["probe_01"] = {EINVAL, "nor this"};
  EXPECT_EQ(failure(), "nothing could be attached: first: refused: Invalid argument (no)");
}

TEST_F(SessionTest, ATracepointThatCannotBeAttachedIsSkipped) {
  add(tracepoint("first"));
  add(tracepoint("second"));
  kernel.attachments["probe_00"] = EBUSY;
  const auto session = start();
  EXPECT_EQ(session->attached(), 1u);
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("first", "cannot attach: Device or resource busy")));
}

TEST_F(SessionTest, WantOfDescriptorsFailsTheRunWithWords) {
  add(tracepoint("first"));
  kernel.attachments["probe_00"] = EMFILE;
  EXPECT_THAT(failure(), AllOf(HasSubstr("cannot attach to first: "), HasSubstr("'ulimit -Hn NUMBER'")));
}

TEST_F(SessionTest, RingsThatAreTooLargeAreSaidInASentence) {
  add(tracepoint("first"));
  kernel.maps["ring_segments"] = {E2BIG};
  EXPECT_THAT(failure(), AllOf(HasSubstr("cannot make rings of"), HasSubstr("larger than this kernel makes them"),
                               HasSubstr("--buffer")));
  kernel.maps["ring_segments"] = {ENOMEM};
  EXPECT_THAT(failure(), HasSubstr("not enough memory for the rings or maps: try a smaller --buffer"));
}

TEST_F(SessionTest, AMapThatIsTooLargeFailsTheRunWithItsName) {
  add(tracepoint("first"));
  plan.probes[0].config.sections |= REC_SECTION_STACK;
  kernel.maps["stacks"] = {E2BIG, "failed to create: Argument list too long(-7)"};
  EXPECT_THAT(failure(), AllOf(HasSubstr("map 'stacks': failed to create"), HasSubstr("--stack-map")));
  EXPECT_THAT(log, HasSubstr("map 'stacks'"));
}

TEST_F(SessionTest, WhatATracepointHandsOutIsPutAsideBeforeItsProgramIsAttached) {
  add(with_event(tracepoint("first"), 70));
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("event_00", "probe_00"));
  EXPECT_EQ(session->attached(), 1u);
}

TEST_F(SessionTest, WithoutWhatItHandsOutATracepointIsStillTraced) {
  add(with_event(tracepoint("first"), 70));
  kernel.programs["event_00"] = {EINVAL, "no"};
  const auto session = start();
  EXPECT_EQ(session->attached(), 1u);
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("first (what it hands out)", "refused")));
}

TEST_F(SessionTest, AnEventOfATracepointThatIsRefusedIsNotAskedFor) {
  add(with_event(tracepoint("first"), 70));
  add(tracepoint("second"));
  kernel.programs["probe_00"] = {EINVAL, "no"};
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("probe_01"));
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("first", "refused")));
}

TEST_F(SessionTest, TracepointsShareProgramsWhereTheyAreToldCookies) {
  kernel.program_types.insert(BPF_PROG_TYPE_RAW_TRACEPOINT);
  add(tracepoint("first"));
  add(tracepoint("second"));
  const auto session = start();
  EXPECT_EQ(session->attached(), 2u);
  EXPECT_EQ(kernel.updates["shared_programs"].size(), 1u);
  EXPECT_EQ(kernel.attempts.back().config.probes[1].shared, 1);
}

TEST_F(SessionTest, WhereSharingIsRefusedEachHasItsOwn) {
  kernel.program_types.insert(BPF_PROG_TYPE_RAW_TRACEPOINT);
  kernel.programs["shared_00"] = {EINVAL, "no"};
  add(tracepoint("first"));
  add(tracepoint("second"));
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("probe_00", "probe_01"));
  EXPECT_EQ(kernel.attempts.back().config.probes[1].shared, 0);
  EXPECT_THAT(session->skipped(), IsEmpty());
}

TEST_F(SessionTest, ServicesAreAttachedFirstAndOnlyWhereTheyAreWanted) {
  add(tracepoint("first"));
  plan.tasks_alone = true;
  start();
  EXPECT_THAT(kernel.attached, ElementsAre("tasks_fork", "tasks_free", "probe_00"));
}

TEST_F(SessionTest, TheEndsOfWhatIsFollowedAreSeenWhereTheyAreNoProbesBehindThoseThatAre) {
  add(tracepoint("first"));
  add(tracepoint("consume_skb"));
  plan.follows = load::Follows::content;
  start();
  EXPECT_THAT(kernel.attached, ElementsAre("probe_00", "probe_01", "end_kfree_skb"));
  kernel.attachments["end_kfree_skb"] = ENOENT;
  EXPECT_THAT(failure(), HasSubstr("cannot see the ends of packets at kfree_skb (--no-follow does without): "));
}

TEST_F(SessionTest, WithoutAServiceThatIsWantedTheRunFails) {
  add(tracepoint("first"));
  plan.tasks_alone = true;
  kernel.attachments["tasks_free"] = ENOENT;
  EXPECT_THAT(failure(), HasSubstr("cannot follow the command's tasks: "));
}

TEST_F(SessionTest, FunctionsUseTheMapsOfTracepoints) {
  add(tracepoint("first"));
  add(function("ip_rcv", 0x1000));
  const auto session = start();
  EXPECT_EQ(session->attached(), 2u);
  EXPECT_EQ(session->attached_functions(), 1u);
  ASSERT_EQ(kernel.attempts.size(), 2u);
  const auto& maps = kernel.attempts.back().maps;
  EXPECT_TRUE(
      std::any_of(maps.begin(), maps.end(), [](const auto& map) { return map.name == "rings" && map.instead >= 0; }));
}

TEST_F(SessionTest, AtTheEndOfOurOwnRingsFunctionsAreClosedLaterAndNothingMoreIsCounted) {
  add(function("ip_rcv", 0x1000));
  const auto session = start();
  const load::Mapping losses(kernel.fd_of(".bss.losses"), sizeof(cpu_losses) * SKBTRAIL_CPUS, PROT_READ | PROT_WRITE);
  auto& lost = losses.as<cpu_losses>()[1].lost[REC_LOSS_RING];
  lost = 3;
  kernel.misses = 5;
  session->detach();
  EXPECT_TRUE(kernel.waited);
  EXPECT_EQ(kernel.closed_later, 1u);
  lost = 4;
  kernel.misses = 7;
  EXPECT_EQ(session->losses(1)[REC_LOSS_RING], 3u);
  uint64_t skipped = 0;
  session->look_for_skipped([&](const auto&, uint64_t hits) { skipped += hits; });
  EXPECT_EQ(skipped, 5u);
}

TEST_F(SessionTest, AtTheEndOfTheKernelsRingsFunctionsAreClosedFirst) {
  plan.kernel.bytes_type = 0;
  add(function("ip_rcv", 0x1000));
  const auto session = start();
  session->detach();
  EXPECT_EQ(kernel.closed_later, 0u);
}

TEST_F(SessionTest, OneFunctionThatIsRefusedIsFoundAmongAll) {
  for (uint64_t i = 0; i < 64; i++) add(function(("function_" + std::to_string(i)).c_str(), 0x1000 + 64 * i));
  kernel.bad_addresses = {0x1000 + 64 * 37};
  const auto session = start();
  EXPECT_EQ(session->attached(), 63u);
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("function_37", "kprobe.multi: Invalid argument")));
  EXPECT_LE(kernel.link_attempts, 13u) << "halves, and not one after the other";
}

TEST_F(SessionTest, ForWantOfDescriptorsNoFunctionIsLookedFor) {
  add(function("ip_rcv", 0x1000));
  add(function("ip_output", 0x2000));
  kernel.kprobe_multi = false;
  kernel.attachments["entry_20"] = EMFILE;
  EXPECT_THAT(failure(), HasSubstr("cannot attach to ip_rcv: "));
}

TEST_F(SessionTest, ForWantOfDescriptorsNoHalvesOfFunctionsAreTried) {
  for (uint64_t i = 0; i < 8; i++) add(function(("function_" + std::to_string(i)).c_str(), 0x1000 + 64 * i));
  kernel.multi_link_error = EMFILE;
  EXPECT_THAT(failure(), AllOf(HasSubstr("cannot attach to function_0: "), HasSubstr("'ulimit -Hn NUMBER'")));
  EXPECT_EQ(kernel.link_attempts, 1u);
}

// Of few the start counts for more, of many the look for the cookie at each call.
TEST_F(SessionTest, OneProgramIsForAllArgumentsOfFewFunctionsAndOneForEachArgumentOfMany) {
  for (const auto& [functions, programs] : {std::pair(64, 1u), {65, 2u}}) {
    plan.probes.clear();
    for (int i = 0; i < functions; i++) {
      add(function(("function_" + std::to_string(i)).c_str(), 0x1000 + 64 * static_cast<uint64_t>(i)));
      plan.probes.back().config.skb_arg = i == 0;
    }
    const auto session = start();
    EXPECT_EQ(session->attached(), static_cast<size_t>(functions));
    EXPECT_EQ(kernel.attempts.back().programs.size(), programs) << functions;
  }
}

TEST_F(SessionTest, AKprobeThatTakesNoProgramIsSkippedAndTheOthersStay) {
  kernel.program_types.erase(BPF_PROG_TYPE_KPROBE);  // no cookies: programs are set, and not linked
  plan.backend = load::Backend::kprobe;
  add(function("ip_rcv", 0x1000));
  add(function("ip_output", 0x2000));
  kernel.set_program_errors[0x1000] = EEXIST;
  const auto session = start();
  EXPECT_EQ(session->attached(), 1u);
  EXPECT_THAT(kernel.attached, ElementsAre("function_00 at 8192"));
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("ip_rcv", "kprobe: File exists")));
}

TEST_F(SessionTest, FewFunctionsHaveFentryWhereThereIsNoKprobeMulti) {
  kernel.kprobe_multi = false;
  add(returned(function("ip_rcv", 0x1000)));
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("leave_20", "entry_20")) << "the return first";
}

TEST_F(SessionTest, OnlyTheReturnsThatAreOfInterestAreTraced) {
  kernel.kprobe_multi = false;
  add(function("ip_rcv", 0x1000));
  add(function("skb_clone", 0x2000));
  plan.probes.back().config.returns = RETURNS_TOO;
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("entry_20", "leave_21", "entry_21"));
}

TEST_F(SessionTest, AFunctionThatFentryIsRefusedIsSkipped) {
  kernel.kprobe_multi = false;
  add(function("ip_rcv", 0x1000));
  add(function("ip_output", 0x2000));
  kernel.programs["entry_20"] = {EINVAL, "no trampoline"};
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("entry_21"));
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("ip_rcv", "fentry: Invalid argument (no trampoline)")));
}

TEST_F(SessionTest, ManyFunctionsHaveAKprobeEachAndOneThatIsRefusedCostsItself) {
  kernel.kprobe_multi = false;
  for (uint64_t i = 0; i < 20; i++) add(function(("function_" + std::to_string(i)).c_str(), 0x1000 + 64 * i));
  kernel.bad_addresses = {0x1000 + 64 * 7};
  const auto session = start();
  EXPECT_EQ(session->attached(), 19u);
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("function_7", "kprobe: No such file or directory")));
}

TEST_F(SessionTest, WithoutCookiesAReturnHasAProgramOfItsOwnThatKnowsWhereItIs) {
  kernel.program_types.erase(BPF_PROG_TYPE_KPROBE);
  plan.backend = load::Backend::kprobe;
  add(returned(function("ip_rcv", 0x1000)));
  add(returned(function("ip_output", 0x2000)));
  const auto session = start();
  EXPECT_THAT(kernel.attached, UnorderedElementsAre("returned_00 at 4096", "returned_01 at 8192", "function_00 at 4096",
                                                    "function_00 at 8192"));
  EXPECT_EQ(kernel.attempts.back().config.returned[1], 1);
  EXPECT_NE(kernel.attempts.back().config.ip_hash_multiplier, 0u) << "which function it was is found by address";
}

TEST_F(SessionTest, OneProgramStandsAtBothEndsWhereTheKernelHasSessions) {
  kernel.kprobe_session = true;
  plan.kernel.functions.session_is_return = 99;
  add(returned(function("ip_rcv", 0x1000)));
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("function_00 at 4096"));
  EXPECT_EQ(kernel.attempts.back().config.session, 1);
}

TEST_F(SessionTest, WhereASessionIsRefusedALinkForEachEndServes) {
  kernel.kprobe_session = true;
  plan.kernel.functions.session_is_return = 99;
  add(returned(function("ip_rcv", 0x1000)));
  bool first = true;
  kernel.before_load = [&] { return std::exchange(first, false) ? EINVAL : 0; };
  const auto session = start();
  EXPECT_THAT(kernel.attached, ElementsAre("function_returned at 4096", "function_00 at 4096"));
  EXPECT_EQ(kernel.attempts.back().config.session, 0);
}

TEST_F(SessionTest, MoreTracepointsThanThereAreProgramsAreSkipped) {
  for (int i = 0; i < SKBTRAIL_PROBES + 1; i++) add(tracepoint(("tracepoint_" + std::to_string(i)).c_str()));
  const auto session = start();
  EXPECT_EQ(session->attached(), size_t{SKBTRAIL_PROBES});
  EXPECT_THAT(session->skipped(), ElementsAre(Skipped("tracepoint_128", "more than 128 tracepoints were chosen")));
}

}  // namespace
}  // namespace skbtrail::stream
