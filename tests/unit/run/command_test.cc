// The command after `--` as a child process.
#include "run/command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "temp_dir.h"

namespace skbtrail::run {
namespace {

using namespace std::chrono_literals;

int status(const std::vector<std::string>& words) {
  return Command({.words = words}).wait();
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
  Command command({.words = {"sleep", "60"}});
  EXPECT_FALSE(command.ended());
  command.signal(SIGINT);
  EXPECT_EQ(command.wait(), 128 + SIGINT);
}

TEST(Command, ASignalAfterItsEndIsNoFault) {
  Command command({.words = {"/bin/true"}});
  EXPECT_EQ(command.wait(), 0);
  command.signal(SIGKILL);
  EXPECT_EQ(command.wait(), 0);
}

TEST(Command, TheStatusIsToldAgainAndAgain) {
  Command command({.words = {"/bin/sh", "-c", "exit 3"}});
  EXPECT_EQ(command.wait(), 3);
  EXPECT_EQ(command.ended(), 3);
  EXPECT_EQ(command.wait_for(0ms), 3);
}

TEST(Command, WaitingEndsWithItsLimit) {
  Command command({.words = {"sleep", "60"}});
  EXPECT_FALSE(command.wait_for(20ms));
  command.signal(SIGKILL);
  EXPECT_EQ(command.wait_for(60s), 128 + SIGKILL);
}

TEST(Command, ItsDescriptorIsReadableOnceItHasEnded) {
  Command command({.words = {"/bin/true"}});
  pollfd end{command.poll_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&end, 1, 60'000), 1);
  EXPECT_EQ(command.ended(), 0);
}

TEST(Command, ItsDescriptorIsNotReadableBefore) {
  Command command({.words = {"sleep", "60"}});
  pollfd end{command.poll_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&end, 1, 0), 0);
  command.signal(SIGKILL);
  command.wait();
}

TEST(Command, ItsOutputIsOurs) {
  Redirected files;
  Command({.words = {"/bin/sh", "-c", "echo out; echo err >&2"}}).wait();
  std::string out = files.out(), err = files.err();
  EXPECT_EQ(out, "out\n");
  EXPECT_EQ(err, "err\n");
}

TEST(Command, ItsOutputGoesToStandardErrorWhereOursIsForAMachine) {
  Redirected files;
  Command({.words = {"/bin/sh", "-c", "echo out; echo err >&2"}, .output = CommandOutput::to_stderr}).wait();
  std::string out = files.out(), err = files.err();
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "out\nerr\n");
}

// What it finds of itself: its kernel's lines on these.
std::string status_lines(const CommandPlan& plan) {
  Redirected files;
  Command(plan).wait();
  return files.out();
}

TEST(Command, GetsSignalsAndLimitsAsTheyWere) {
  const std::vector<std::string> words{"grep", "-hE", "SigBlk|SigIgn|Max open files", "/proc/self/status",
                                       "/proc/self/limits"};
  auto pipe_before = ::signal(SIGPIPE, SIG_DFL), hangup_before = ::signal(SIGHUP, SIG_IGN);
  sigset_t two, mask_before;
  sigemptyset(&two);
  sigaddset(&two, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &two, &mask_before);
  const CommandPlan plan{.words = words};
  const std::string as_it_was = status_lines(plan);

  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::signal(SIGHUP, SIG_DFL);
  sigaddset(&two, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &two, nullptr);
  rlimit files{}, files_before{};
  getrlimit(RLIMIT_NOFILE, &files_before);
  files = files_before;
  files.rlim_cur--;
  setrlimit(RLIMIT_NOFILE, &files);
  const std::string changed = status_lines({.words = words}), given_back = status_lines(plan);

  setrlimit(RLIMIT_NOFILE, &files_before);
  pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  (void)::signal(SIGPIPE, pipe_before);
  (void)::signal(SIGHUP, hangup_before);
  EXPECT_EQ(given_back, as_it_was);
  EXPECT_NE(changed, as_it_was);
}

TEST(Command, DoesNotRunIfThisProgramDiesBeforeItIsStarted) {
  test::TempDir dir;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t tracer = fork();
  if (tracer == 0) {
    close(ends[0]);
    Command command({.words = {"/bin/sh", "-c", "echo > " + dir.path("ran")}}, [](pid_t) { raise(SIGKILL); });
    _exit(0);
  }
  close(ends[1]);
  int status = 0;
  waitpid(tracer, &status, 0);
  char nothing = 0;
  EXPECT_EQ(read(ends[0], &nothing, 1), 0);  // the end: all who had the other end are gone, its child included
  close(ends[0]);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_NE(access(dir.path("ran").c_str(), F_OK), 0);
}

TEST(Command, DoesNotRunIfWhatHasToComeBeforeItFails) {
  test::TempDir dir;
  EXPECT_THROW(Command({.words = {"/bin/sh", "-c", "echo > " + dir.path("ran")}},
                       [](pid_t) { throw std::runtime_error("no room for its task"); }),
               std::runtime_error);
  EXPECT_NE(access(dir.path("ran").c_str(), F_OK), 0);
}

TEST(Command, OneWhoMayNotBecomeTheUserEndsWith125AndIsTold) {
  if (geteuid() == 0) GTEST_SKIP() << "root may";
  Redirected files;
  int ended = Command({.words = {"/bin/true"}, .user = find_user("root")}).wait();
  std::string told = files.err();
  EXPECT_EQ(ended, 125);
  EXPECT_EQ(told, "skbtrail: cannot become user root: Operation not permitted\n");
}

}  // namespace
}  // namespace skbtrail::run
