#include "kernel/socket_owners.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

bool everyone(const Process&) {
  return true;
}

// A made /proc.
class SocketOwners : public testing::Test {
 protected:
  void process(const std::string& pid, const std::string& comm) { proc_.write(pid + "/comm", comm + "\n"); }
  void descriptor(const std::string& pid, const std::string& number, const std::string& target) {
    std::filesystem::create_directories(proc_.path(pid + "/fd"));
    std::filesystem::create_symlink(target, proc_.path(pid + "/fd/" + number));
  }
  std::vector<uint64_t> inodes(const std::function<bool(const Process&)>& wanted = everyone) const {
    return socket_inodes(wanted, proc_.path());
  }

  test::TempDir proc_;
};

TEST_F(SocketOwners, OfAllProcessesAreSortedAndEachIsThereOnce) {
  process("10", "sshd");
  descriptor("10", "0", "socket:[7000000000]");
  descriptor("10", "1", "socket:[42]");
  process("11", "sshd");
  descriptor("11", "5", "socket:[42]");
  descriptor("11", "6", "socket:[7]");
  EXPECT_THAT(inodes(), ElementsAre(7, 42, 7000000000));
}

TEST_F(SocketOwners, AreChosenByProcessAndName) {
  process("10", "sshd");
  descriptor("10", "0", "socket:[1]");
  process("4194304", "curl");
  descriptor("4194304", "0", "socket:[2]");
  EXPECT_THAT(inodes([](const Process& p) { return p.pid == 4194304; }), ElementsAre(2));
  EXPECT_THAT(inodes([](const Process& p) { return p.comm == "sshd"; }), ElementsAre(1));
  EXPECT_THAT(inodes([](const Process&) { return false; }), IsEmpty());
}

TEST_F(SocketOwners, HaveDescriptorsThatAreNoSockets) {
  process("10", "sshd");
  for (const char* target : {"pipe:[1]", "/dev/null", "socket:[]", "socket:[x]", "socket:[1", "socket:[-1]",
                             "socket:[1]x", "anon_inode:[eventpoll]", "socket:[99999999999999999999]"})
    descriptor("10", std::filesystem::path(target).filename(), target);
  EXPECT_THAT(inodes(), IsEmpty());
}

TEST_F(SocketOwners, AreProcessesAndNoOtherFolders) {
  for (const char* name : {"self", "10x", "-1", "net", "4294967296"}) {
    process(name, "x");
    descriptor(name, "0", "socket:[1]");
  }
  EXPECT_THAT(inodes(), IsEmpty());
}

TEST_F(SocketOwners, ThatEndMeanwhileOrMayNotBeLookedAtAreLeftOut) {
  descriptor("10", "0", "socket:[1]");  // its name is gone already
  process("11", "x");                   // its descriptors are
  proc_.write("12", "");
  proc_.write("13/comm", "y\n");
  proc_.write("13/fd", "");
  process("14", "z");
  proc_.write("14/fd/0", "");
  descriptor("14", "1", "socket:[2]");
  EXPECT_THAT(inodes(), ElementsAre(2));
}

TEST_F(SocketOwners, MayHaveAnEmptyName) {
  process("10", "");
  descriptor("10", "0", "socket:[1]");
  EXPECT_THAT(inodes([](const Process& p) { return p.comm.empty(); }), ElementsAre(1));
}

TEST_F(SocketOwners, AreNoneWithoutAProc) {
  EXPECT_THAT(socket_inodes(everyone, proc_.path("none")), IsEmpty());
}

TEST(SocketOwnersOfThisMachine, AnOpenSocketIsItsProcesssUntilItIsClosed) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(descriptor, 0);
  struct stat status {};
  ASSERT_EQ(fstat(descriptor, &status), 0);
  const auto own = [](const Process& process) { return process.pid == static_cast<uint32_t>(getpid()); };
  EXPECT_THAT(socket_inodes(own), Contains(status.st_ino));
  EXPECT_THAT(socket_inodes([&](const Process& process) { return !own(process); }), Not(Contains(status.st_ino)));
  close(descriptor);
  EXPECT_THAT(socket_inodes(own), Not(Contains(status.st_ino)));
}

}  // namespace
}  // namespace skbtrail::kernel
