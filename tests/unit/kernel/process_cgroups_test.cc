// In which control group a process is: the file that says it, and for how long it is believed.
#include "kernel/process_cgroups.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

TEST(CgroupIn, TheUnifiedHierarchyHasOneLine) {
  EXPECT_EQ(cgroup_in("0::/system.slice/ssh.service\n"), "/system.slice/ssh.service");
  EXPECT_EQ(cgroup_in("0::/"), "/");
}

TEST(CgroupIn, OfSeveralHierarchiesTheLongestPathTellsMost) {
  EXPECT_EQ(cgroup_in("12:cpuset:/\n4:memory:/docker/0123\n1:name=systemd:/user.slice\n0::/\n"), "/docker/0123");
}

TEST(CgroupIn, APathMayHaveColonsAndMayBeGone) {
  EXPECT_EQ(cgroup_in("0::/a.slice:cri-containerd:0123\n"), "/a.slice:cri-containerd:0123");
  EXPECT_EQ(cgroup_in("0::/system.slice/once.service (deleted)\n"), "/system.slice/once.service");
}

TEST(CgroupIn, AProcessThatExitsIsInNoneOfV1) {
  EXPECT_EQ(cgroup_in("4:memory:/\n1:name=systemd:/\n"), "");
  EXPECT_EQ(cgroup_in("4:memory:/\n0::/\n"), "/");
}

TEST(CgroupIn, WhatIsNoSuchFileHasNone) {
  for (const char* text : {"", "\n", "0:", "no line", "\n\n:\n"}) EXPECT_EQ(cgroup_in(text), "") << text;
}

struct ProcessCgroupsTest : testing::Test {
  test::TempDir proc;
  ProcessCgroups cgroups{proc.path()};

  void move(uint32_t pid, const std::string& path) { proc.write(std::to_string(pid) + "/cgroup", "0::" + path + "\n"); }
  std::string_view of(uint32_t pid) { return cgroups.of(pid, now); }

  std::chrono::nanoseconds now{1};
};

TEST_F(ProcessCgroupsTest, OfAProcessThatIsGoneNothingIsKnown) {
  EXPECT_EQ(of(7), "");
}

TEST_F(ProcessCgroupsTest, WhatIsKnownOfAProcessStaysWhenItIsGoneAndIsFollowedWhenItMoves) {
  move(7, "/a.service");
  move(8, "/b.service");
  const auto first = of(7);
  EXPECT_EQ(first, "/a.service");
  EXPECT_EQ(of(8), "/b.service");
  move(7, "/docker/0123");
  std::filesystem::remove_all(proc.path("8"));
  EXPECT_EQ(of(7), "/a.service") << "it is not looked at with each event";
  now += ProcessCgroups::kLookInterval;
  EXPECT_EQ(of(7), "/docker/0123");
  EXPECT_EQ(of(8), "/b.service");
  EXPECT_EQ(first, "/a.service") << "whoever was handed it may keep it";
}

TEST_F(ProcessCgroupsTest, PathsAreKeptUpToALimit) {
  const std::string deep(4000, 'x');
  std::string last;
  for (uint32_t pid = 1; cgroups.kept_all() && pid < 10'000; pid++) {
    move(pid, "/" + std::to_string(pid) + deep);
    last = of(pid);
  }
  EXPECT_FALSE(cgroups.kept_all());
  EXPECT_EQ(last, "");
  EXPECT_EQ(of(1), "/1" + deep);
}

}  // namespace
}  // namespace skbtrail::kernel
