#include "filter/conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "filter/glob.h"
#include "sentence.h"
#include "temp_dir.h"

namespace skbtrail::filter {
namespace {

template <typename Set>
std::string refusal(Set set) {
  Conditions conditions;
  return test::sentence<std::invalid_argument>([&] { set(conditions); });
}

skbtrail_config applied(const Conditions& conditions) {
  skbtrail_config config{};
  conditions.apply(config);
  return config;
}

std::string ifname(const skbtrail_config& config) {
  char name[sizeof(config.ifnames[0]) + 1] = {};
  std::memcpy(name, config.ifnames[0], sizeof(config.ifnames[0]));
  return name;
}

TEST(Conditions, NoneAreOff) {
  skbtrail_config config = applied({});
  EXPECT_EQ(config.match_netns, 0);
  EXPECT_EQ(config.match_ifname, 0);
  EXPECT_EQ(config.match_mark, 0);
  EXPECT_EQ(config.match_len, 0);
  EXPECT_EQ(config.match_pid, 0);
  EXPECT_EQ(config.match_comm, 0);
}

TEST(Conditions, ANamespaceIsItsInodeNumber) {
  Conditions conditions;
  conditions.set_netns("4026531840");
  skbtrail_config config = applied(conditions);
  EXPECT_EQ(config.match_netns, 1);
  EXPECT_EQ(config.netns, 4026531840u);
  EXPECT_EQ(config.match_ifname + config.match_mark + config.match_len, 0);
}

TEST(Conditions, ANamespacesNameIsLookedUp) {
  test::TempDir dir;
  uint32_t inum = dir.write("run/blue");
  Conditions conditions;
  conditions.set_netns("blue", {dir.path("proc"), dir.path("run"), 0});
  EXPECT_EQ(applied(conditions).netns, inum);
}

TEST(Conditions, AnUnknownNamespaceIsRefused) {
  test::TempDir dir;
  Conditions conditions;
  EXPECT_THROW(conditions.set_netns("blue", {dir.path("proc"), dir.path("run")}), kernel::UnknownNetns);
  EXPECT_FALSE(conditions.netns);
}

TEST(Conditions, ADevicesNameIsPaddedWithZeros) {
  Conditions conditions;
  conditions.set_ifname("veth0");
  skbtrail_config config{};
  std::memset(config.ifnames, 'x', sizeof(config.ifnames));
  conditions.apply(config);
  EXPECT_EQ(config.match_ifname, 1);
  EXPECT_EQ(ifname(config), "veth0");
  EXPECT_EQ(config.ifnames[0][1], 0u);
  EXPECT_EQ(config.ifname_count, 1);
}

TEST(Conditions, ADevicesNameHasUpToFifteenCharacters) {
  Conditions conditions;
  conditions.set_ifname("abcdefghijklmno");
  EXPECT_EQ(ifname(applied(conditions)), "abcdefghijklmno");
}

TEST(Conditions, WhatNoDeviceCanBeCalledIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname(""); }), "--ifname: the name is empty");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname("eth 0"); }), "--ifname: 'eth 0' cannot be a device's name");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname("a/b"); }), "--ifname: 'a/b' cannot be a device's name");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_ifname("a\n"); }), "--ifname: 'a\n' cannot be a device's name");
}

TEST(Conditions, AMarkAloneMustBeEqual) {
  Conditions conditions;
  conditions.set_mark("0x2a");
  skbtrail_config config = applied(conditions);
  EXPECT_EQ(config.match_mark, 1);
  EXPECT_EQ(config.mark, 42u);
  EXPECT_EQ(config.mark_mask, 0xffffffffu);
}

TEST(Conditions, AMarkOfZeroIsACondition) {
  Conditions conditions;
  conditions.set_mark("0");
  EXPECT_EQ(applied(conditions).match_mark, 1);
  EXPECT_EQ(applied(conditions).mark_mask, 0xffffffffu);
}

TEST(Conditions, AMaskSaysWhichBitsOfTheMark) {
  Conditions conditions;
  conditions.set_mark("0x100/0xff00");
  EXPECT_EQ(applied(conditions).mark, 0x100u);
  EXPECT_EQ(applied(conditions).mark_mask, 0xff00u);
}

TEST(Conditions, AMarkOutsideOfItsMaskIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("0x10/0xf"); }),
            "--mark: 0x10 has bits outside of its mask 0xf, so no mark could match");
}

TEST(Conditions, WhatIsNoMarkIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark(""); }), "--mark: '' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("1/"); }), "--mark: '' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("blue"); }), "--mark: 'blue' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("1/2/3"); }), "--mark: '2/3' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_mark("4294967296"); }),
            "--mark: 4294967296 is too large, at most 4294967295");
}

TEST(Conditions, ALengthIsOneOrARange) {
  Conditions conditions;
  conditions.set_length("60");
  EXPECT_EQ(applied(conditions).match_len, 1);
  EXPECT_EQ(applied(conditions).len_min, 60u);
  EXPECT_EQ(applied(conditions).len_max, 60u);
  conditions.set_length("60-1500");
  EXPECT_EQ(applied(conditions).len_max, 1500u);
}

TEST(Conditions, WhatIsNoLengthIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_length("long"); }), "--len: 'long' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_length("9-1"); }), "--len: the range 9-1 ends before it begins");
}

TEST(Conditions, AProcessIsItsNumber) {
  Conditions conditions;
  conditions.set_pid("4194304");
  skbtrail_config config = applied(conditions);
  EXPECT_EQ(config.match_pid, 1);
  EXPECT_EQ(config.pid, 4194304u);
  EXPECT_EQ(config.match_comm, 0);
}

TEST(Conditions, WhatIsNoProcessIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_pid("0"); }), "--pid: 0 is the idle task, which owns no socket");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_pid(""); }), "--pid: '' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_pid("-1"); }), "--pid: '-1' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_pid("curl"); }), "--pid: 'curl' is not a number");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_pid("2147483648"); }),
            "--pid: 2147483648 is too large, at most 2147483647");
}

TEST(Conditions, ATasksNameIsAGlob) {
  Conditions conditions;
  conditions.set_comm("curl*");
  const skbtrail_config config = applied(conditions);
  EXPECT_EQ(config.match_comm, 1);
  EXPECT_EQ(config.match_pid, 0);
  EXPECT_TRUE(matches(config.comm, "curl"));
  EXPECT_TRUE(matches(config.comm, "curl-7"));
  EXPECT_FALSE(matches(config.comm, "cur"));
}

TEST(Conditions, WhatNoTaskCanBeCalledIsRefused) {
  EXPECT_EQ(refusal([](Conditions& c) { c.set_comm(""); }), "--comm: '': the pattern is empty");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_comm("sshd["); }),
            "--comm: 'sshd[': a '[' without its ']', or a '\\' at the end");
  EXPECT_EQ(refusal([](Conditions& c) { c.set_comm("sixteen-letters!"); }),
            "--comm: 'sixteen-letters!': longer than the 15 bytes of a task's name");
}

TEST(Conditions, WithoutAProcessOrNameNoSocketIsLookedFor) {
  EXPECT_TRUE(Conditions{}.open_sockets().empty());
  Conditions conditions;
  conditions.set_ifname("lo");
  EXPECT_TRUE(conditions.open_sockets().empty());
}

class OwnSocket : public testing::Test {
 protected:
  void SetUp() override {
    descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct stat status {};
    ASSERT_EQ(fstat(descriptor_, &status), 0);
    inode_ = status.st_ino;
    ASSERT_EQ(prctl(PR_GET_NAME, name_), 0);
  }
  void TearDown() override { close(descriptor_); }

  bool found(const std::string& pid, const std::string& comm) const {
    Conditions conditions;
    if (!pid.empty()) conditions.set_pid(pid);
    if (!comm.empty()) conditions.set_comm(comm);
    const auto inodes = conditions.open_sockets();
    return std::find(inodes.begin(), inodes.end(), inode_) != inodes.end();
  }

  int descriptor_ = -1;
  uint64_t inode_ = 0;
  char name_[16] = {};
};

TEST_F(OwnSocket, IsFoundByTheProcess) {
  EXPECT_TRUE(found(std::to_string(getpid()), ""));
  EXPECT_FALSE(found("1", ""));
}

TEST_F(OwnSocket, IsFoundByTheName) {
  EXPECT_TRUE(found("", name_));
  EXPECT_TRUE(found("", std::string(1, name_[0]) + "*"));
  EXPECT_FALSE(found("", "no such task"));
}

TEST_F(OwnSocket, IsFoundOnlyIfBothHold) {
  EXPECT_TRUE(found(std::to_string(getpid()), name_));
  EXPECT_FALSE(found(std::to_string(getpid()), "no such task"));
  EXPECT_FALSE(found("1", name_));
}

// As a user without capabilities, of a process of root's.
class HiddenSockets : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0 || seteuid(65534) != 0) GTEST_SKIP() << "only root may become another user";
  }
  void TearDown() override { EXPECT_EQ(seteuid(getuid()), 0); }
};

TEST_F(HiddenSockets, OfAProcessAreTold) {
  Conditions conditions;
  conditions.set_pid("1");
  EXPECT_THAT(conditions.absences(),
              testing::Contains("--pid: which sockets process 1 has open already is not known, because /proc/1/fd may "
                                "not be read (CAP_SYS_PTRACE); of these, only what the process does itself is shown"));
}

TEST_F(HiddenSockets, OfAllProcessesOfANameAreTold) {
  Conditions conditions;
  conditions.set_comm("*");
  EXPECT_THAT(conditions.absences(), testing::Contains(testing::AllOf(
                                         testing::StartsWith("--comm: which sockets "),
                                         testing::HasSubstr("processes called * have open already is not known"))));
}

TEST_F(OwnSocket, MayBeAskedFor) {
  Conditions conditions;
  conditions.set_pid(std::to_string(getpid()));
  EXPECT_THAT(conditions.absences(), testing::IsEmpty());
}

TEST(Conditions, ARefusedValueLeavesTheConditionOff) {
  Conditions conditions;
  EXPECT_THROW(conditions.set_mark("1/x"), std::invalid_argument);
  EXPECT_THROW(conditions.set_length("1-x"), std::invalid_argument);
  EXPECT_THROW(conditions.set_ifname(""), std::invalid_argument);
  EXPECT_THROW(conditions.set_comm("["), std::invalid_argument);
  EXPECT_FALSE(conditions.mark || conditions.length || conditions.ifname || conditions.comm);
}

TEST(Conditions, AllAreAppliedTogetherAndProbesAreLeftAlone) {
  Conditions conditions;
  conditions.set_netns("1");
  conditions.set_ifname("lo");
  conditions.set_mark("2");
  conditions.set_length("3");
  conditions.set_pid("4");
  conditions.set_comm("x");
  skbtrail_config config{};
  config.snaplen = 160;
  config.probes[0].skb_arg = 9;
  conditions.apply(config);
  EXPECT_EQ(config.match_netns + config.match_ifname + config.match_mark + config.match_len, 4);
  EXPECT_EQ(config.match_pid + config.match_comm, 2);
  EXPECT_EQ(config.snaplen, 160u);
  EXPECT_EQ(config.probes[0].skb_arg, 9);
}

TEST(Conditions, AnyDeviceIsNoCondition) {
  Conditions conditions;
  conditions.set_ifname("any");
  EXPECT_EQ(applied(conditions).match_ifname, 0);
}

class Absences : public testing::Test {
 protected:
  Absences() : here(dir.write("proc/1/ns/net")) { dir.write("proc/1/net/dev", "heading\nheading\n  eth0: 1 2\n"); }
  [[nodiscard]] std::vector<std::string> of(const Conditions& conditions) const { return conditions.absences(paths); }

  test::TempDir dir;
  kernel::NetnsPaths paths{dir.path("proc"), dir.path("run"), 0};
  uint32_t here;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(Absences, ThereAreNoneOfWhatIsThere) {
  Conditions conditions;
  EXPECT_THAT(of(conditions), IsEmpty());
  conditions.set_ifname("eth0");
  EXPECT_THAT(of(conditions), IsEmpty());
  conditions.set_netns(std::to_string(here), paths);
  conditions.set_pid(std::to_string(getpid()));
  EXPECT_THAT(of(conditions), IsEmpty());
}

TEST_F(Absences, ATaskIsLookedForAmongAllThreads) {
  Conditions conditions;
  EXPECT_EQ(conditions.comm_absence(paths.proc), "");
  conditions.set_comm("nginx*");
  EXPECT_EQ(conditions.comm_absence(paths.proc), "--comm: no task is called nginx* now; nothing is shown until one is");
  dir.write("proc/7/task/7/comm", "master\n");
  dir.write("proc/7/task/9/comm", "nginx: worker\n");
  EXPECT_EQ(conditions.comm_absence(paths.proc), "");
  conditions.set_comm("nginx");
  EXPECT_NE(conditions.comm_absence(paths.proc), "");
}

TEST_F(Absences, ADeviceIsLookedForInItsNamespaceOrInAny) {
  Conditions conditions;
  conditions.set_ifname("eth1");
  EXPECT_THAT(of(conditions), ElementsAre("--ifname: no network namespace that can be seen has a device 'eth1' now; "
                                          "nothing is shown until one has"));
  conditions.set_netns(std::to_string(here), paths);
  EXPECT_THAT(of(conditions),
              ElementsAre("--ifname: there is no device 'eth1' in that network namespace now; nothing is "
                          "shown until there is one"));
}

TEST_F(Absences, OfANamespaceThatIsNotThereNothingIsSaidOfItsDevices) {
  Conditions conditions;
  conditions.set_ifname("eth1");
  conditions.set_netns("7", paths);
  EXPECT_THAT(of(conditions), ElementsAre("--netns: no process and no name in /run/netns leads to network namespace 7 "
                                          "now; nothing is shown until there is one"));
}

TEST_F(Absences, ANamespaceThatWasFoundByItsPathIsThere) {
  Conditions conditions;
  dir.write("elsewhere/blue");
  conditions.set_netns(dir.path("elsewhere/blue"), paths);
  EXPECT_THAT(of(conditions), IsEmpty());
}

TEST_F(Absences, AProcessIsToldByItsNumber) {
  Conditions conditions;
  conditions.set_pid("2147483646");
  EXPECT_THAT(of(conditions),
              ElementsAre("--pid: there is no process 2147483646 now; nothing is shown until there is one"));
}

}  // namespace
}  // namespace skbtrail::filter
