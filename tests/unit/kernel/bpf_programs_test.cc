// Which of a kernel's BPF programs can be traced, and why the others cannot.
#include "kernel/bpf_programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "fake_programs.h"

namespace skbtrail::kernel {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct BpfProgramsTest : testing::Test {
  test::FakePrograms kernel;
  BpfProgram only() {
    const auto programs = packet_programs(kernel);
    EXPECT_THAT(programs, SizeIs(1));
    return programs.empty() ? BpfProgram{} : programs.front();
  }
};

TEST_F(BpfProgramsTest, AProgramIsCalledAsItsTypesSay) {
  kernel.programs[4] = test::xdp_facts("counts_all_that_comes_in");
  EXPECT_EQ(only().name, "counts_all_that_comes_in");
  EXPECT_EQ(only().kind(), "xdp");
  EXPECT_THAT(only().obstacle, IsEmpty());
}

TEST_F(BpfProgramsTest, ProgramsOfOtherKindsHaveNoPackets) {
  kernel.programs[1] = test::xdp_facts("x");
  kernel.programs[2] = test::xdp_facts("k");
  kernel.programs[2].type = BPF_PROG_TYPE_KPROBE;
  kernel.programs[3] = test::xdp_facts("t");
  kernel.programs[3].type = BPF_PROG_TYPE_TRACING;
  EXPECT_EQ(only().id, 1u);
}

TEST_F(BpfProgramsTest, WithoutTypesNobodyKnowsWhereItBegins) {
  kernel.programs[4] = test::tc_facts("old");
  kernel.programs[4].entry.clear();
  EXPECT_EQ(only().name, "old");
  EXPECT_THAT(only().obstacle, HasSubstr("BTF"));
}

TEST_F(BpfProgramsTest, WithoutANameItIsCalledByItsNumber) {
  kernel.programs[44] = {};
  kernel.programs[44].type = BPF_PROG_TYPE_XDP;
  EXPECT_EQ(only().name, "44");
}

TEST_F(BpfProgramsTest, AnArgumentOfAnotherTypeCannotBeRead) {
  kernel.programs[4] = test::tc_facts("any");
  kernel.programs[4].argument = "struct xdp_md *";
  EXPECT_THAT(only().obstacle, HasSubstr("struct __sk_buff *"));
}

TEST_F(BpfProgramsTest, WhatStandsInForAFunctionIsNotTraced) {
  kernel.programs[4] = test::xdp_facts("filter");
  kernel.programs[4].type = BPF_PROG_TYPE_EXT;
  EXPECT_THAT(only().obstacle, HasSubstr("freplace"));
}

TEST_F(BpfProgramsTest, WhatIsInterpretedOrRunsInADeviceIsNotTraced) {
  kernel.programs[4] = test::xdp_facts("slow");
  kernel.programs[4].is_native = false;
  EXPECT_THAT(only().obstacle, HasSubstr("interpreted"));
  kernel.programs[4].device = 3;
  EXPECT_THAT(only().obstacle, HasSubstr("offloaded"));
}

TEST_F(BpfProgramsTest, AProgramThatIsUnloadedMeanwhileIsNotThere) {
  kernel.programs[4] = test::xdp_facts("x");
  kernel.programs[5] = test::tc_facts("t");
  kernel.gone = 4;
  EXPECT_EQ(only().id, 5u);
}

TEST_F(BpfProgramsTest, WhatWasLoadedLaterIsFoundByItself) {
  kernel.programs[4] = test::xdp_facts("x");
  kernel.programs[9] = test::tc_facts("t");
  const auto later = packet_programs_after(kernel, 4);
  ASSERT_THAT(later, SizeIs(1));
  EXPECT_EQ(later.front().name, "t");
}

TEST_F(BpfProgramsTest, AKernelThatRefusesFentrySaysSo) {
  kernel.programs[4] = test::xdp_facts("x");
  kernel.attachment = EPERM;
  EXPECT_THAT(bpf_program_obstacle(kernel, only()), HasSubstr("fentry"));
  EXPECT_EQ(kernel.tried, 4u);
  kernel.attachment = 0;
  EXPECT_THAT(bpf_program_obstacle(kernel, only()), IsEmpty());
}

TEST_F(BpfProgramsTest, OneProgramThatIsTakenSaysNothingOfTheOthers) {
  kernel.programs[4] = test::xdp_facts("x");
  kernel.attachment = EBUSY;
  EXPECT_THAT(bpf_program_obstacle(kernel, only()), IsEmpty());
}

}  // namespace
}  // namespace skbtrail::kernel
