// The loop that loads an object, and what it makes of a refusal.
#include "load/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attach/fake_kernel.h"
#include "load/session_error.h"

namespace skbtrail::load {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kLog =
    "libbpf: prog 'probe_03': BPF program load failed: Invalid argument\n"
    "libbpf: prog 'probe_03': -- BEGIN PROG LOAD LOG --\n"
    "0: (85) call bpf_get_attach_cookie#174\n"
    "unknown func bpf_get_attach_cookie#174\n"
    "processed 0 insns (limit 1000000)\n"
    "-- END PROG LOAD LOG --\n"
    "libbpf: prog 'probe_03': failed to load: -22\n"
    "libbpf: failed to load object 'skbtrail'\n";

TEST(Log, BlamesTheProgramThatWasRefusedLast) {
  EXPECT_EQ(blamed_program(kLog), "probe_03");
  EXPECT_EQ(blamed_program("libbpf: prog 'a': x\nlibbpf: prog 'b': y\n"), "b");
  EXPECT_EQ(blamed_program("libbpf: map 'stacks': failed to create\n"), "");
  EXPECT_EQ(blamed_program("libbpf: prog 'cut"), "cut");
  EXPECT_EQ(blamed_program(""), "");
}

TEST(Log, HasLastWords) {
  EXPECT_EQ(last_words(kLog), "unknown func bpf_get_attach_cookie#174");
  EXPECT_EQ(last_words("libbpf: map 'stacks': failed to create\n"), "map 'stacks': failed to create");
  EXPECT_EQ(last_words(""), "");
}

struct LoaderTest : testing::Test {
  test::FakeKernel kernel;
  std::vector<std::string> programs{"fast", "probe_00", "probe_01"};
  std::vector<std::string> given_up;

  Loaded load() {
    const ToLoad wanted{"the BPF object", {}, nullptr, [this] {
                          ObjectPlan plan;
                          for (const auto& name : programs) plan.programs.push_back({.name = name});
                          return plan;
                        }};
    const std::vector<Concession> concessions{
        [this](const Refusal&) { return programs.front() == "fast" && (programs.erase(programs.begin()), true); },
        [this](const Refusal& refusal) {
          given_up.push_back(refusal.program + ": " + refusal.reason);
          return std::erase(programs, refusal.program) > 0;
        }};
    return load_object(kernel, wanted, concessions);
  }
  std::string failure() {
    try {
      load();
    } catch (const SessionError& error) {
      log = error.log;
      return error.what();
    }
    return "none";
  }
  std::string log;
};

TEST_F(LoaderTest, WhatIsNotRefusedIsLoadedAtOnce) {
  EXPECT_GE(load().object->program("fast"), 0);
  EXPECT_EQ(kernel.attempts.size(), 1u);
}

TEST_F(LoaderTest, TheCheapestConcessionIsMadeFirst) {
  kernel.programs["fast"] = {EINVAL};
  EXPECT_GE(load().object->program("probe_00"), 0);
  EXPECT_EQ(kernel.attempts.size(), 2u);
  EXPECT_THAT(given_up, ElementsAre());
}

TEST_F(LoaderTest, ThenTheProgramThatIsToBlameIsLeftOutWithTheVerifiersLastWords) {
  kernel.programs["probe_01"] = {EINVAL, "R1 type=scalar expected=fp"};
  const auto loaded = load();
  EXPECT_GE(loaded.object->program("probe_00"), 0);
  EXPECT_EQ(loaded.object->program("probe_01"), -1);
  EXPECT_THAT(given_up, ElementsAre("probe_01: Invalid argument (R1 type=scalar expected=fp)"));
}

TEST_F(LoaderTest, ForWantOfRightsMemoryOrDescriptorsNothingIsTriedAgain) {
  for (const int error : {EPERM, ENOMEM, EMFILE, ENFILE}) {
    kernel.attempts.clear();
    kernel.programs["probe_01"] = {error};
    EXPECT_THAT(failure(), HasSubstr("the kernel refused the BPF object: ")) << error;
    EXPECT_EQ(kernel.attempts.size(), 1u) << error;
  }
}

TEST_F(LoaderTest, WantOfDescriptorsSaysHowThereWouldBeMore) {
  kernel.before_load = [] { return EMFILE; };
  EXPECT_THAT(failure(), AllOf(HasSubstr("Too many open files"), HasSubstr("ulimit -Hn")));
}

TEST_F(LoaderTest, AMapThatIsTooLargeIsNobodysFaultAndIsSaidInASentence) {
  kernel.maps["stacks"] = {E2BIG, "failed to create: Argument list too long"};
  const ToLoad wanted{"the BPF object", {}, nullptr, [] {
                        ObjectPlan plan;
                        plan.maps.push_back({"stacks", 1u << 31});
                        return plan;
                      }};
  try {
    load_object(kernel, wanted, {});
    FAIL();
  } catch (const SessionError& error) {
    EXPECT_STREQ(
        error.what(),
        "the kernel refused the BPF object: Argument list too long (map 'stacks': failed to create: Argument list "
        "too long); a map is larger than this kernel makes them: try a smaller --buffer or --stack-map");
  }
}

TEST_F(LoaderTest, AllThatWasSaidIsKeptWhereNothingHelps) {
  programs = {"unknown"};
  kernel.programs["unknown"] = {EINVAL, "the verifier's last words"};
  const auto concede_nothing = failure();  // erased, and an object without programs is loaded
  EXPECT_EQ(concede_nothing, "none");
  kernel.before_load = [] { return EINVAL; };
  EXPECT_THAT(failure(), HasSubstr("Invalid argument; -v shows all that the kernel said"));
}

TEST_F(LoaderTest, ATargetThatIsNotThereIsTheProgramsOwnFault) {
  kernel.targets["gone"] = ESRCH;
  std::vector<Refusal> refusals;
  const ToLoad wanted{"the BPF object", {}, nullptr, [&] {
                        ObjectPlan plan;
                        if (refusals.empty()) plan.programs.push_back({.name = "probe_00", .target = "gone"});
                        return plan;
                      }};
  const std::vector<Concession> concessions{[&](const Refusal& refusal) { return refusals.push_back(refusal), true; }};
  load_object(kernel, wanted, concessions);
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_TRUE(refusals[0].target_missing);
  EXPECT_EQ(refusals[0].program, "probe_00");
}

}  // namespace
}  // namespace skbtrail::load
