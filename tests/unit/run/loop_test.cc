// What a run waits for: who is called, when, in which order, and who is not any more.
#include "run/loop.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace skbtrail::run {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr milliseconds kNoTime{0};

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) std::abort();
    reader = io::Fd(ends[0]);
    writer = io::Fd(ends[1]);
  }
  void put() const { EXPECT_EQ(write(writer.get(), "x", 1), 1); }

  io::Fd reader, writer;
};

// Time passes when the test says so.
class LoopTest : public testing::Test {
 protected:
  void watch(const Pipe& pipe, const std::string& name, uint32_t events = EPOLLIN) {
    loop.watch(pipe.reader.get(), events, [this, name](uint32_t) { called.push_back(name); });
  }
  void at(int ms, const std::string& name, Loop::Wakes wakes = Loop::Wakes::yes) {
    loop.at(
        begin + milliseconds(ms), [this, name] { called.push_back(name); }, wakes);
  }
  void pass(int ms) { now += milliseconds(ms); }

  const Loop::Clock::time_point begin = Loop::Clock::now();
  Loop::Clock::time_point now = begin;
  Loop loop{[this] { return now; }};
  std::vector<std::string> called;
};

TEST_F(LoopTest, WithNothingToDoATurnEndsAtItsLimitAndCallsNobody) {
  const Pipe silent;
  watch(silent, "silent");
  EXPECT_FALSE(loop.turn(milliseconds{2}));
  EXPECT_THAT(called, IsEmpty());
}

TEST_F(LoopTest, ATimerIsCalledOnceAndNotBeforeItsTime) {
  at(10, "ten");
  EXPECT_FALSE(loop.turn(kNoTime));
  pass(10);
  EXPECT_TRUE(loop.turn(Loop::kForever));
  EXPECT_FALSE(loop.turn(kNoTime));
  EXPECT_THAT(called, ElementsAre("ten"));
}

TEST_F(LoopTest, TimersComeInTheOrderOfTheirTimesThenDescriptorsInThatOfTheirWatches) {
  const Pipe first, second;
  watch(second, "first watched");
  watch(first, "second watched");
  at(20, "twenty");
  at(10, "ten");
  first.put();
  second.put();
  pass(30);
  loop.turn(kNoTime);
  EXPECT_THAT(called, ElementsAre("ten", "twenty", "first watched", "second watched"));
}

TEST_F(LoopTest, ATimerThatIsAddedByOneIsForTheNextTurn) {
  loop.at(begin, [this] { at(0, "again"); });
  EXPECT_TRUE(loop.turn(kNoTime));
  EXPECT_THAT(called, IsEmpty());
  EXPECT_TRUE(loop.turn(kNoTime));
  EXPECT_THAT(called, ElementsAre("again"));
}

TEST_F(LoopTest, ATimerThatDoesNotWakeIsCalledWhenSomethingElseDoes) {
  const Pipe pipe;
  watch(pipe, "pipe");
  at(-10, "due", Loop::Wakes::no);
  at(10, "later", Loop::Wakes::no);
  pipe.put();
  EXPECT_TRUE(loop.turn(Loop::kForever));  // for the pipe: a timer would have made no turn end
  EXPECT_THAT(called, ElementsAre("due", "pipe"));
}

TEST_F(LoopTest, AReadyDescriptorIsToldOfUntilItIsNot) {
  const Pipe pipe;
  watch(pipe, "pipe");
  pipe.put();
  loop.turn(kNoTime);
  loop.turn(kNoTime);
  char byte = 0;
  ASSERT_EQ(read(pipe.reader.get(), &byte, 1), 1);
  EXPECT_FALSE(loop.turn(kNoTime));
  EXPECT_THAT(called, ElementsAre("pipe", "pipe"));
}

TEST_F(LoopTest, OneThatIsArmedIsToldOfOnceAndNothingIsLostInBetween) {
  const Pipe pipe;
  watch(pipe, "pipe", EPOLLIN | EPOLLONESHOT);
  pipe.put();
  loop.turn(kNoTime);
  EXPECT_FALSE(loop.turn(kNoTime));
  pipe.put();  // while it is not armed
  EXPECT_FALSE(loop.turn(kNoTime));
  loop.arm(pipe.reader.get());
  EXPECT_TRUE(loop.turn(Loop::kForever));
  EXPECT_THAT(called, ElementsAre("pipe", "pipe"));
}

TEST_F(LoopTest, OneThatHangsUpIsToldOfAndCanBeForgottenByItsHandler) {
  Pipe pipe;
  uint32_t seen = 0;
  loop.watch(pipe.reader.get(), 0, [&](uint32_t events) {
    seen = events;
    loop.forget(pipe.reader.get());
  });
  EXPECT_FALSE(loop.turn(kNoTime));
  pipe.writer.reset();
  EXPECT_TRUE(loop.turn(Loop::kForever));
  EXPECT_EQ(seen, uint32_t{EPOLLHUP});
  EXPECT_FALSE(loop.turn(kNoTime));
}

TEST_F(LoopTest, WhoIsForgottenByAnEarlierHandlerOfTheTurnIsNotCalled) {
  const Pipe first, second;
  loop.watch(first.reader.get(), EPOLLIN, [&](uint32_t) {
    called.push_back("first");
    loop.forget(second.reader.get());
  });
  watch(second, "second");
  first.put();
  second.put();
  loop.turn(kNoTime);
  EXPECT_THAT(called, ElementsAre("first"));
}

TEST_F(LoopTest, AHandlerMayBeReplacedUnderTheSameNumber) {
  const Pipe pipe;
  watch(pipe, "before");
  loop.forget(pipe.reader.get());
  watch(pipe, "after");
  pipe.put();
  loop.turn(kNoTime);
  EXPECT_THAT(called, ElementsAre("after"));
}

TEST_F(LoopTest, ASignalEndsATurnWithNothingDone) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR2, &action, &before);
  const pthread_t self = pthread_self();
  std::atomic<bool> over = false;
  std::thread other([&] {
    while (!over) {
      pthread_kill(self, SIGUSR2);
      std::this_thread::yield();
    }
  });
  EXPECT_FALSE(loop.turn(Loop::kForever));
  over = true;
  other.join();
  sigaction(SIGUSR2, &before, nullptr);
}

TEST_F(LoopTest, AFileNeedsNotBeWaitedFor) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  loop.watch(fileno(file), EPOLLIN, [this](uint32_t) { called.push_back("file"); });
  EXPECT_FALSE(loop.turn(kNoTime));
  loop.arm(fileno(file));  // and may be armed and forgotten as if it were
  loop.forget(fileno(file));
  std::fclose(file);
}

TEST_F(LoopTest, MoreThanOneTurnTakesAtOnceAreAllToldOf) {
  std::vector<Pipe> pipes(40);
  for (const auto& pipe : pipes) {
    watch(pipe, "x", EPOLLIN | EPOLLONESHOT);
    pipe.put();
  }
  while (loop.turn(kNoTime)) {
  }
  EXPECT_EQ(called.size(), pipes.size());
}

}  // namespace
}  // namespace skbtrail::run
