// The command behind `--` as a child process.
#include "cli/command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "temp_dir.h"

namespace skbtrail::cli {
namespace {

using namespace std::chrono_literals;

int status(const std::vector<std::string>& words) {
  return Command(words, "", CommandOutput::kept).wait();
}
int shell(const std::string& script) {
  return status({"/bin/sh", "-c", script});
}

// Standard output and error go to files for as long as this lives.
class Redirected {
 public:
  Redirected() : out_(replace(STDOUT_FILENO, "out")), err_(replace(STDERR_FILENO, "err")) {}
  ~Redirected() {
    (void)fflush(nullptr);
    restore(STDOUT_FILENO, out_);
    restore(STDERR_FILENO, err_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

  [[nodiscard]] std::string out() const { return dir_.read("out"); }
  [[nodiscard]] std::string err() const { return dir_.read("err"); }

 private:
  int replace(int fd, const std::string& name) {
    (void)fflush(nullptr);
    int before = dup(fd);
    int file = open(dir_.path(name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(file, fd);
    close(file);
    return before;
  }
  static void restore(int fd, int before) {
    dup2(before, fd);
    close(before);
  }

  test::TempDir dir_;
  int out_;
  int err_;
};

TEST(Command, ItsExitStatusIsPassedOn) {
  EXPECT_EQ(status({"/bin/true"}), 0);
  EXPECT_EQ(status({"/bin/false"}), 1);
  EXPECT_EQ(shell("exit 42"), 42);
  EXPECT_EQ(shell("exit 255"), 255);
}

TEST(Command, IsLookedForInPath) {
  EXPECT_EQ(status({"true"}), 0);
}

TEST(Command, ItsWordsArePassedOnAsTheyAre) {
  EXPECT_EQ(status({"/bin/sh", "-c", "test \"$1\" = 'a  b' && test \"$2\" = '' && test $# = 2", "sh", "a  b", ""}), 0);
}

// A folder in PATH that may not be searched would make it 126, as with env.
TEST(Command, OneThatIsNotThereEndsWith127AndIsTold) {
  const char* path = getenv("PATH");
  std::string before = path ? path : "/usr/bin:/bin";
  setenv("PATH", "/usr/bin:/bin", 1);
  Redirected files;
  int ended = status({"no-such-command-anywhere"});
  setenv("PATH", before.c_str(), 1);
  std::string told = files.err();
  EXPECT_EQ(ended, 127);
  EXPECT_EQ(told, "skbtrail: no-such-command-anywhere: No such file or directory\n");
}

TEST(Command, AnEmptyNameEndsWith127) {
  Redirected files;
  EXPECT_EQ(status({""}), 127);
}

TEST(Command, OneThatCannotBeExecutedEndsWith126AndIsTold) {
  test::TempDir dir;
  dir.write("script", "#!/bin/sh\nexit 0\n");
  chmod(dir.path("script").c_str(), 0600);
  Redirected files;
  int ended = status({dir.path("script")});
  std::string told = files.err();
  EXPECT_EQ(ended, 126);
  EXPECT_EQ(told, "skbtrail: " + dir.path("script") + ": Permission denied\n");
}

TEST(Command, AFolderEndsWith126) {
  Redirected files;
  EXPECT_EQ(status({"/"}), 126);
}

TEST(Command, OneThatASignalEndedHasItsNumberAnd128) {
  EXPECT_EQ(shell("kill -TERM $$"), 128 + SIGTERM);
  EXPECT_EQ(shell("kill -KILL $$"), 128 + SIGKILL);
}

TEST(Command, ASignalReachesIt) {
  Command command({"sleep", "60"}, "", CommandOutput::kept);
  EXPECT_FALSE(command.ended());
  command.signal(SIGINT);
  EXPECT_EQ(command.wait(), 128 + SIGINT);
}

TEST(Command, ASignalAfterItsEndIsNoFault) {
  Command command({"/bin/true"}, "", CommandOutput::kept);
  EXPECT_EQ(command.wait(), 0);
  command.signal(SIGKILL);
  EXPECT_EQ(command.wait(), 0);
}

TEST(Command, TheStatusIsToldAgainAndAgain) {
  Command command({"/bin/sh", "-c", "exit 3"}, "", CommandOutput::kept);
  EXPECT_EQ(command.wait(), 3);
  EXPECT_EQ(command.ended(), 3);
  EXPECT_EQ(command.wait_for(0ms), 3);
}

TEST(Command, WaitingEndsWithItsLimit) {
  Command command({"sleep", "60"}, "", CommandOutput::kept);
  EXPECT_FALSE(command.wait_for(20ms));
  command.signal(SIGKILL);
  EXPECT_EQ(command.wait_for(60s), 128 + SIGKILL);
}

TEST(Command, ItsDescriptorIsReadableOnceItHasEnded) {
  Command command({"/bin/true"}, "", CommandOutput::kept);
  pollfd end{command.poll_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&end, 1, 60'000), 1);
  EXPECT_EQ(command.ended(), 0);
}

TEST(Command, ItsDescriptorIsNotReadableBefore) {
  Command command({"sleep", "60"}, "", CommandOutput::kept);
  pollfd end{command.poll_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&end, 1, 0), 0);
  command.signal(SIGKILL);
  command.wait();
}

TEST(Command, ItsOutputIsOurs) {
  Redirected files;
  Command({"/bin/sh", "-c", "echo out; echo err >&2"}, "", CommandOutput::kept).wait();
  std::string out = files.out(), err = files.err();
  EXPECT_EQ(out, "out\n");
  EXPECT_EQ(err, "err\n");
}

TEST(Command, ItsOutputGoesToStandardErrorWhereOursIsForAMachine) {
  Redirected files;
  Command({"/bin/sh", "-c", "echo out; echo err >&2"}, "", CommandOutput::to_stderr).wait();
  std::string out = files.out(), err = files.err();
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "out\nerr\n");
}

TEST(Command, APipeThatThisProgramIgnoresEndsIt) {
  auto before = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(shell("kill -PIPE $$; exit 0"), 128 + SIGPIPE);
  (void)::signal(SIGPIPE, before);
}

TEST(Command, AUserThatThereIsNotEndsItWith125) {
  Redirected files;
  int ended = Command({"/bin/true"}, "no-such-user", CommandOutput::kept).wait();
  std::string told = files.err();
  EXPECT_EQ(ended, 125);
  EXPECT_EQ(told.rfind("skbtrail: cannot become user no-such-user", 0), 0u) << told;
}

}  // namespace
}  // namespace skbtrail::cli
