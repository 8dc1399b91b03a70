// Each in a process of its own: what Signals changes is not restored.
#include "run/signals.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "run/command.h"

namespace skbtrail::run {
namespace {

bool readable(int fd) {
  pollfd state{fd, POLLIN, 0};
  return poll(&state, 1, 0) == 1;
}

[[noreturn]] void exit_with(bool holds) {
  _exit(holds ? 0 : 1);
}

const auto kHolds = testing::ExitedWithCode(0);

TEST(Signals, WithoutOneThereIsNothingToWaitFor) {
  EXPECT_EXIT(
      {
        Signals signals;
        exit_with(signals.received() == 0 && !readable(signals.poll_fd()));
      },
      kHolds, "");
}

TEST(Signals, TheFirstOneIsNotedAndWakes) {
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    EXPECT_EXIT(
        {
          Signals signals;
          raise(number);
          exit_with(signals.received() == number && readable(signals.poll_fd()));
        },
        kHolds, "");
}

TEST(Signals, TheSecondOneEndsTheProcess) {
  EXPECT_EXIT(
      {
        Signals signals;
        raise(SIGINT);
        raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

// timeout(1) sends it to the command, and to the group that the command is in.
TEST(Signals, TheSameOneRightAfterTheFirstIsTheFirst) {
  for (int number : {SIGINT, SIGTERM})
    EXPECT_EXIT(
        {
          Signals signals;
          raise(number);
          raise(number);
          exit_with(signals.received() == number);
        },
        kHolds, "");
}

TEST(Signals, TheSameOneALittleLaterEndsTheProcess) {
  EXPECT_EXIT(
      {
        Signals signals;
        raise(SIGINT);
        for (;;) raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(Signals, ASecondOneEndsTheProcessAfterAHangupToo) {
  EXPECT_EXIT(
      {
        Signals signals;
        raise(SIGHUP);
        raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

// A terminal that goes away sends it twice, and systemd after SIGTERM.
TEST(Signals, AHangupIsNeverTheSecondOne) {
  for (int first : {SIGHUP, SIGTERM})
    EXPECT_EXIT(
        {
          Signals signals;
          raise(first);
          raise(SIGHUP);
          exit_with(signals.received() == first);
        },
        kHolds, "");
}

TEST(Signals, AHangupThatWasIgnoredStaysIgnored) {
  EXPECT_EXIT(
      {
        (void)signal(SIGHUP, SIG_IGN);
        Signals signals;
        raise(SIGHUP);
        exit_with(signals.received() == 0);
      },
      kHolds, "");
}

TEST(Signals, AFileThatMayNotGrowEndsNothing) {
  EXPECT_EXIT(
      {
        Signals signals;
        raise(SIGXFSZ);
        exit_with(signals.received() == 0);
      },
      kHolds, "");
}

TEST(Signals, APipeWithoutAReaderEndsNothing) {
  EXPECT_EXIT(
      {
        Signals signals;
        raise(SIGPIPE);
        exit_with(signals.received() == 0);
      },
      kHolds, "");
}

TEST(Signals, ACommandHasTheUsualOnes) {
  for (const char* name : {"INT", "TERM", "HUP", "PIPE", "XFSZ"}) {
    const CommandPlan plan{.words = {"/bin/sh", "-c", std::string("kill -") + name + " $$; exit 0"}};
    EXPECT_EXIT(
        {
          Signals signals;
          Command command(plan);
          exit_with(command.wait() > 128 && signals.received() == 0);
        },
        kHolds, "")
        << name;
  }
}

}  // namespace
}  // namespace skbtrail::run
