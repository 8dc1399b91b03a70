#include "io/background_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>

namespace skbtrail::io {
namespace {

// Events of ten bytes each.
Batch events(size_t count) {
  Batch batch;
  for (size_t i = 0; i < count; i++) {
    batch.bytes.append(std::string(9, 'x') + "\n");
    batch.end_events(1);
  }
  return batch;
}

// A pipe that is not read until the test does.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    fcntl(ends_[1], F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int writer() const { return ends_[1]; }
  // What is in it now.
  [[nodiscard]] std::string held() const {
    std::string text(1u << 20, '\0');
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    const ssize_t got = read(ends_[0], text.data(), text.size());
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
  }

 private:
  int ends_[2]{-1, -1};
};

BackgroundWriter::Write to(int fd) {
  return [fd](const Batch& batch, const std::atomic<bool>& stop) {
    return write_all(fd, {batch.bytes.data(), batch.size()}, stop);
  };
}

bool rings(const BackgroundWriter& writer) {
  pollfd bell{writer.poll_fd(), POLLIN, 0};
  return poll(&bell, 1, 0) == 1;
}

TEST(Batch, CountsEventsThatAreWhole) {
  const Batch batch = events(3);
  EXPECT_EQ(batch.events_within(0), 0u);
  EXPECT_EQ(batch.events_within(9), 0u);
  EXPECT_EQ(batch.events_within(10), 1u);
  EXPECT_EQ(batch.events_within(29), 2u);
  EXPECT_EQ(batch.events_within(30), 3u);
}

TEST(Batch, SeveralEventsMayEndTogether) {
  Batch batch;
  batch.bytes.append(std::string("a trail\n"));
  batch.end_events(15);
  batch.end_events(2);
  EXPECT_EQ(batch.events_within(7), 0u);
  EXPECT_EQ(batch.events_within(8), 17u);
}

TEST(BackgroundWriter, AWriteThatBlocksIsGivenUpAndItsWholeEventsAreCounted) {
  Pipe pipe;
  BackgroundWriter writer(1000, to(pipe.writer()));
  for (size_t count : {900, 300}) {
    Batch batch = events(count);
    writer.add(batch);
    EXPECT_EQ(batch.size(), 0u);
  }
  int asked = 0;
  writer.give_up_when([&] { return ++asked == 3; });
  EXPECT_EQ(writer.wait(), ECANCELED);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(pipe.held().size(), 4096u);
  EXPECT_EQ(writer.events_written(), 409u);
  Batch more = events(1);
  writer.add(more);
  EXPECT_EQ(writer.wait(), ECANCELED);
  EXPECT_EQ(writer.events_written(), 409u);
}

TEST(BackgroundWriter, AddingNeverWaitsAndRoomIsToldOfWhenThereIsSome) {
  Pipe pipe;
  BackgroundWriter writer(5000, to(pipe.writer()));
  Batch first = events(400), second = events(800);
  writer.add(first);
  writer.add(second);
  EXPECT_TRUE(writer.congested());
  EXPECT_FALSE(rings(writer));
  std::string seen;
  while (seen.size() < 12000) seen += pipe.held();
  writer.wait_for_room();
  EXPECT_FALSE(writer.congested());
  EXPECT_TRUE(rings(writer));
  EXPECT_EQ(writer.wait(), 0);
  EXPECT_EQ(writer.events_written(), 1200u);
}

TEST(BackgroundWriter, WhatComesAfterAFailureIsDroppedAndTheFailureIsToldOf) {
  int calls = 0;
  BackgroundWriter writer(1000, [&](const Batch& batch, const std::atomic<bool>&) {
    return ++calls == 2 ? Written{25, ENOSPC} : Written{batch.size(), 0};
  });
  for (int i = 0; i < 3; i++) {
    Batch batch = events(5);
    writer.add(batch);
  }
  EXPECT_EQ(writer.wait(), ENOSPC);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(writer.events_written(), 7u);
  EXPECT_TRUE(rings(writer));
}

TEST(BackgroundWriter, StepsAreTakenInTheirTurnAndMayFail) {
  std::string order;
  BackgroundWriter writer(1000, [&](const Batch& batch, const std::atomic<bool>&) {
    order += 'w';
    return Written{batch.size(), 0};
  });
  Batch batch = events(1);
  writer.add(batch);
  writer.add([&](const std::atomic<bool>&) {
    order += 's';
    return EMFILE;
  });
  writer.add(batch = events(1));
  EXPECT_EQ(writer.wait(), EMFILE);
  EXPECT_EQ(order, "ws");
}

}  // namespace
}  // namespace skbtrail::io
