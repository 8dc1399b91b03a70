// What is said of BPF programs that were loaded after the start.
#include "run/late_programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_programs.h"

namespace skbtrail::run {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct LatePrograms : testing::Test {
  LatePrograms() {
    kernel.programs[3] = test::xdp_facts("guard");
    kernel.programs[7] = test::tc_facts("shape");
  }
  std::string said(std::vector<std::string> wanted, std::vector<std::string> excluded = {}) {
    return loaded_later(kernel, {std::move(wanted), std::move(excluded), 3});
  }
  test::FakePrograms kernel;
};

TEST_F(LatePrograms, AreNamedWhereTheWordsMeanThem) {
  EXPECT_EQ(said({"bpf:*"}), "bpf:shape (id 7) was loaded after the start, and is not traced");
  EXPECT_EQ(said({"kfree_skb", "bpf:sh*"}), said({"bpf:*"}));
}

TEST_F(LatePrograms, OthersAreNobodysBusiness) {
  EXPECT_THAT(said({"bpf:guard"}), IsEmpty());
  EXPECT_THAT(said({"bpf:*"}, {"bpf:shape"}), IsEmpty());
  EXPECT_THAT(said({"kfree_skb", "*"}), IsEmpty());
}

TEST_F(LatePrograms, ManyAreCounted) {
  for (uint32_t id = 10; id < 15; id++) kernel.programs[id] = test::tc_facts("more");
  EXPECT_THAT(said({"bpf:*"}), HasSubstr("(id 11) and 3 more were loaded after the start, and are not traced"));
}

TEST_F(LatePrograms, AKernelThatDoesNotListThemAnyMoreSaysNothing) {
  kernel.refusal = "not to you";
  EXPECT_THAT(said({"bpf:*"}), IsEmpty());
}

}  // namespace
}  // namespace skbtrail::run
