// Namespaces in made-up /proc and /run/netns folders: the inode number of an ordinary file stands for a namespace.
#include "kernel/netns.h"

#include <gmock/gmock.h>

#include <thread>

#include "sentence.h"
#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kIdA(64, 'a');
const std::string kIdB = "ab" + std::string(62, '0');

class Netns : public testing::Test {
 protected:
  uint32_t process(uint32_t pid, const std::string& comm = "", const std::string& cgroup = "") const {
    std::string folder = "proc/" + std::to_string(pid);
    if (!comm.empty()) dir.write(folder + "/comm", comm + "\n");
    if (!cgroup.empty()) dir.write(folder + "/cgroup", cgroup);
    return dir.write(folder + "/ns/net");
  }
  // A process that lives where another one does.
  void process_with(uint32_t other, uint32_t pid, const std::string& comm = "", const std::string& cgroup = "") const {
    std::string folder = "proc/" + std::to_string(pid);
    if (!comm.empty()) dir.write(folder + "/comm", comm + "\n");
    if (!cgroup.empty()) dir.write(folder + "/cgroup", cgroup);
    dir.link("proc/" + std::to_string(other) + "/ns/net", folder + "/ns/net");
  }
  static std::string docker(const std::string& id) { return "0::/system.slice/docker-" + id + ".scope\n"; }

  uint32_t resolve(const std::string& text) const { return resolve_netns(text, paths); }
  std::string refusal(const std::string& text) const {
    return test::sentence<UnknownNetns>([&] { resolve(text); });
  }

  test::TempDir dir;
  NetnsPaths paths{dir.path("proc"), dir.path("run"), 0};
};

using ResolveNetns = Netns;

TEST_F(ResolveNetns, ANumberIsTakenAsItIs) {
  EXPECT_EQ(resolve("4026531840"), 4026531840u);
  EXPECT_EQ(resolve("0"), 0u);
}

TEST_F(ResolveNetns, ANameIsAFileOfThatName) {
  uint32_t blue = dir.write("run/blue");
  dir.write("run/red");
  EXPECT_EQ(resolve("blue"), blue);
}

TEST_F(ResolveNetns, WhatHasASlashIsAPath) {
  uint32_t inum = dir.write("elsewhere/net");
  EXPECT_EQ(resolve(dir.path("elsewhere/net")), inum);
}

TEST_F(ResolveNetns, PidNamesTheNamespaceOfAProcess) {
  uint32_t inum = process(77);
  process(78);
  EXPECT_EQ(resolve("pid:77"), inum);
}

TEST_F(ResolveNetns, SelfNamesOurOwn) {
  uint32_t inum = dir.write("proc/self/ns/net");
  EXPECT_EQ(resolve("self"), inum);
}

TEST_F(ResolveNetns, SelfOfThisProcessIsFoundInTheRealProc) {
  EXPECT_EQ(resolve_netns("self"), resolve_netns("/proc/self/ns/net"));
}

TEST_F(ResolveNetns, AContainerIsNamedByTheBeginningOfItsId) {
  process(10);
  uint32_t inum = process(11, "nginx", docker(kIdA));
  process_with(11, 12, "nginx", docker(kIdA));
  process(13, "redis", docker(kIdB));
  EXPECT_EQ(resolve("container:aa"), inum);
  EXPECT_EQ(resolve("container:" + kIdA), inum);
}

TEST_F(ResolveNetns, AnUnknownNameIsToldWithThoseThatThereAre) {
  dir.write("run/blue");
  EXPECT_EQ(refusal("bleu"),
            "no network namespace 'bleu' (" + dir.path("run/bleu") + ": No such file or directory); there are: blue");
  dir.write("run/red");
  EXPECT_THAT(refusal("bleu"), AllOf(HasSubstr("blue"), HasSubstr("red"), HasSubstr(", ")));
}

TEST_F(ResolveNetns, WithoutNamesTheOtherSpellingsAreTold) {
  EXPECT_THAT(refusal("blue"),
              AllOf(StartsWith("no network namespace 'blue' ("),
                    HasSubstr("holds none: write an inode number, a path, pid:N, self or container:ID")));
}

TEST_F(ResolveNetns, ANumberBeyond32BitsIsAName) {
  EXPECT_THAT(refusal("4294967296"), StartsWith("no network namespace '4294967296' ("));
}

TEST_F(ResolveNetns, NothingNamesNoNamespace) {
  dir.write("run/blue");
  EXPECT_THAT(refusal(""), StartsWith("no network namespace ''"));
}

TEST_F(ResolveNetns, TheFolderItselfIsNoNamespace) {
  dir.write("run/blue");
  EXPECT_THAT(refusal("."), StartsWith("no network namespace '.'"));
  EXPECT_THAT(refusal(".."), StartsWith("no network namespace '..'"));
}

TEST_F(ResolveNetns, AFileOfAnotherFileSystemIsNoNamespace) {
  dir.write("run/blue");
  paths.filesystem = NetnsPaths{}.filesystem;
  EXPECT_EQ(refusal("blue"),
            "no network namespace 'blue' (" + dir.path("run/blue") + ": Invalid argument); there are: blue");
}

TEST_F(ResolveNetns, AMissingPathIsToldWithTheReason) {
  dir.write("run/blue");
  dir.write("file");
  EXPECT_THAT(refusal(dir.path("no/where")), HasSubstr("No such file or directory"));
  EXPECT_THAT(refusal(dir.path("file/net")), HasSubstr("Not a directory"));
}

TEST_F(ResolveNetns, TheReasonIsThatOfThePathAlsoWithoutRunNetns) {
  dir.write("file");
  EXPECT_THAT(refusal(dir.path("file/net")), HasSubstr("Not a directory"));
}

TEST_F(ResolveNetns, PidWantsANumber) {
  EXPECT_EQ(refusal("pid:nginx"), "'nginx' is not a process number; write pid:N");
  EXPECT_EQ(refusal("pid:"), "'' is not a process number; write pid:N");
  EXPECT_EQ(refusal("pid:-1"), "'-1' is not a process number; write pid:N");
}

TEST_F(ResolveNetns, AMissingProcessIsTold) {
  EXPECT_EQ(refusal("pid:77"), "there is no process 77, or its namespace may not be read: No such file or directory");
}

TEST_F(ResolveNetns, AMissingContainerIsTold) {
  process(11, "nginx", docker(kIdA));
  EXPECT_EQ(refusal("container:c0ffee"), "no process runs in a container whose id begins with 'c0ffee'");
}

TEST_F(ResolveNetns, ABeginningOfTwoContainersIsTold) {
  process(11, "nginx", docker(kIdA));
  process(13, "redis", docker(kIdB));
  EXPECT_EQ(refusal("container:a"), "'a' matches the ids of 2 containers; give more characters");
  EXPECT_EQ(resolve("container:ab"), dir.inode("proc/13/ns/net"));
}

TEST_F(ResolveNetns, WithoutAProcSelfCannotBeRead) {
  EXPECT_EQ(refusal("self"), "cannot read " + dir.path("proc") + "/self/ns/net: No such file or directory");
}

class NetnsNaming : public Netns {
 protected:
  // Looks at most every kLookInterval, so that everything must be there before the first question.
  std::string name(uint32_t inum) { return names.name(inum); }
  static void wait_for_the_next_look() {
    std::this_thread::sleep_for(NetnsNames::kLookInterval + std::chrono::milliseconds(20));
  }

  NetnsNames names{paths};
};

TEST_F(Netns, WhereProcess1CannotBeLookedAtKthreaddLivesOnTheHost) {
  const uint32_t inum = process(2, "kthreadd");
  EXPECT_EQ(NetnsNames(paths).name(inum), "host");
}

TEST_F(Netns, Process2IsTheHostOnlyIfItIsKthreadd) {
  const uint32_t inum = process(2, "sleep");
  EXPECT_EQ(NetnsNames(paths).name(inum), "sleep[2]");
}

TEST_F(NetnsNaming, TheNamespaceOfProcessOneIsTheHost) {
  uint32_t inum = process(1, "systemd", docker(kIdA));
  dir.link("proc/1/ns/net", "run/blue");
  process_with(1, 5, "sshd");
  EXPECT_EQ(name(inum), "host");
}

TEST_F(NetnsNaming, ANameInRunNetnsComesBeforeAContainer) {
  process(1, "systemd");
  uint32_t inum = process(30, "nginx", docker(kIdA));
  dir.link("proc/30/ns/net", "run/blue");
  EXPECT_EQ(name(inum), "blue");
}

TEST_F(NetnsNaming, ANameInRunNetnsNeedsNoProcess) {
  EXPECT_EQ(name(dir.write("run/blue")), "blue");
}

TEST_F(NetnsNaming, AContainerIsNamedByTwelveDigits) {
  process(1, "systemd");
  EXPECT_EQ(name(process(30, "nginx", docker("0123456789abcdef" + std::string(48, '0')))), "container:0123456789ab");
}

TEST_F(NetnsNaming, AContainersNameIsTakenBackByResolveNetns) {
  process(1, "systemd");
  uint32_t inum = process(30, "nginx", docker("0123456789abcdef" + std::string(48, '0')));
  EXPECT_EQ(resolve(name(inum)), inum);
}

TEST_F(NetnsNaming, AProcessIsNamedWithItsNumber) {
  process(1, "systemd");
  EXPECT_EQ(name(process(1234, "nginx", "0::/user.slice\n")), "nginx[1234]");
}

TEST_F(NetnsNaming, TheLowestNumberedProcessNamesTheNamespace) {
  uint32_t inum = process(1000, "later");
  process_with(1000, 999, "first");
  process_with(1000, 20000, "last");
  EXPECT_EQ(name(inum), "first[999]");
}

TEST_F(NetnsNaming, WhatNothingLeadsToIsItsNumber) {
  process(1, "systemd");
  EXPECT_EQ(name(4026532999), "4026532999");
}

TEST_F(NetnsNaming, WithoutFoldersEverythingIsItsNumber) {
  EXPECT_EQ(name(7), "7");
}

TEST_F(NetnsNaming, ThingsInProcThatAreNoProcessesAreLeftOut) {
  dir.write("proc/net/ns/net");
  dir.write("proc/12x/ns/net");
  EXPECT_EQ(name(dir.inode("proc/12x/ns/net")), std::to_string(dir.inode("proc/12x/ns/net")));
}

TEST_F(NetnsNaming, OneLookNamesAllThereAre) {
  uint32_t host = process(1, "systemd");
  uint32_t blue = dir.write("run/blue");
  EXPECT_EQ(name(host), "host");
  std::filesystem::remove_all(dir.path("run"));  // known by now
  EXPECT_EQ(name(blue), "blue");
}

TEST_F(NetnsNaming, ANamespaceThatAppearsLaterIsNamedAfterTheInterval) {
  process(1, "systemd");
  EXPECT_EQ(name(7), "7");
  uint32_t blue = dir.write("run/blue");
  EXPECT_EQ(name(blue), std::to_string(blue));
  wait_for_the_next_look();
  EXPECT_EQ(name(blue), "blue");
}

TEST_F(NetnsNaming, ANameWithinTheIntervalIsKept) {
  uint32_t blue = dir.write("run/blue");
  EXPECT_EQ(name(blue), "blue");
  std::filesystem::remove(dir.path("run/blue"));
  EXPECT_EQ(name(blue), "blue");
}

TEST_F(NetnsNaming, AReusedNumberGetsItsNewNameAfterTheInterval) {
  uint32_t inum = dir.write("run/blue");
  EXPECT_EQ(name(inum), "blue");
  std::filesystem::rename(dir.path("run/blue"), dir.path("run/red"));
  wait_for_the_next_look();
  EXPECT_EQ(name(inum), "red");
}

TEST_F(NetnsNaming, ANamespaceThatWentIsItsNumberAfterTheInterval) {
  uint32_t inum = dir.write("run/blue");
  EXPECT_EQ(name(inum), "blue");
  std::filesystem::remove(dir.path("run/blue"));
  wait_for_the_next_look();
  EXPECT_EQ(name(inum), std::to_string(inum));
}

TEST_F(NetnsNaming, ANameThatStillHoldsIsKeptAfterTheInterval) {
  uint32_t inum = dir.write("run/blue");
  EXPECT_EQ(name(inum), "blue");
  wait_for_the_next_look();
  EXPECT_EQ(name(inum), "blue");
}

struct Cgroup {
  const char* what;
  std::string text;
  std::string id;
};

class ContainerInCgroup : public testing::TestWithParam<Cgroup> {};

TEST_P(ContainerInCgroup, IsTheLastIdInIt) {
  EXPECT_EQ(container_in_cgroup(GetParam().text), GetParam().id);
}

const std::string kPod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f5d8f0a_1b2c_4d3e.slice/";

INSTANTIATE_TEST_SUITE_P(
    Netns, ContainerInCgroup,
    testing::Values(
        Cgroup{"DockerV2", "0::/system.slice/docker-" + kIdA + ".scope\n", kIdA},
        Cgroup{"DockerV1",
               "12:cpuset:/docker/" + kIdA + "\n11:memory:/docker/" + kIdA + "\n1:name=systemd:/docker/" + kIdA + "\n",
               kIdA},
        Cgroup{"ContainerdV2", "0::" + kPod + "cri-containerd-" + kIdB + ".scope\n", kIdB},
        Cgroup{"ContainerdV1", "4:devices:/kubepods/besteffort/pod0f5d8f0a-1b2c-4d3e/" + kIdB + "\n0::/\n", kIdB},
        Cgroup{"CrioV2", "0::" + kPod + "crio-" + kIdA + ".scope\n", kIdA},
        Cgroup{"CrioV1", "3:pids:" + kPod + "crio-" + kIdA + ".scope\n", kIdA},
        Cgroup{"PodmanV2", "0::/machine.slice/libpod-" + kIdB + ".scope/container\n", kIdB},
        Cgroup{"PodmanV1", "5:freezer:/machine.slice/libpod-" + kIdB + ".scope\n", kIdB},
        Cgroup{"DockerInDocker", "0::/docker/" + kIdA + "/docker/" + kIdB + "\n", kIdB},
        Cgroup{"WithoutALineEnd", "0::/docker/" + kIdA, kIdA}, Cgroup{"Host", "0::/init.scope\n", ""},
        Cgroup{"Nothing", "", ""}, Cgroup{"TooShort", "0::/docker/" + std::string(63, 'a') + "\n", ""},
        Cgroup{"TooLong", "0::/docker/" + std::string(65, 'a') + "\n", ""}),
    [](const auto& cgroup) { return cgroup.param.what; });

}  // namespace
}  // namespace skbtrail::kernel
