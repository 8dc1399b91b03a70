// What a recorder says that it wrote is what a reader finds, wherever the disk is full. RLIMIT_FSIZE is the disk: a
// file grows to the limit, and not by a byte more.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <random>
#include <system_error>

#include "recorded.h"
#include "recording/recorder.h"
#include "sentence.h"
#include "temp_dir.h"

namespace skbtrail::recording {
namespace {

using test::FakeNames;
using test::RecordBuilder;

// As the program, without SIGXFSZ.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    (void)signal(SIGXFSZ, handler_);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  sighandler_t handler_;
  rlimit before_{};
};

// Hands over every 100 events, which zstd cannot make smaller.
void record(Recorder& recorder, const event::Names& names, size_t count) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each time
  for (uint64_t i = 0; i < count; i++) {
    test::ByteVector packet(100);
    for (auto& byte : packet) byte = static_cast<uint8_t>(random());
    const auto record = RecordBuilder().time(i + 1).len(100).packet(packet).bytes();
    recorder.event(*event::Event::decode(record, names));
    if (i % 100 == 99) recorder.hand_over();
  }
  recorder.end({});
}

size_t events_in(const std::string& path) {
  Reader reader(path);
  size_t count = 0;
  while (reader.next() != Reader::Found::end) count++;
  EXPECT_FALSE(reader.is_broken()) << reader.problem();
  return count;
}

TEST(FullDisk, WhatWasWrittenIsWhatIsReadBack) {
  constexpr size_t kEvents = 1000;
  const FakeNames names;
  for (const char* name : {"x.pcapng", "x.pcapng.zst"})
    for (const rlim_t bytes : {500u, 20'000u, 50'003u, 90'001u, 1'000'000u}) {
      test::TempDir dir;
      Recorder recorder({dir.path(name)}, test::RecordedFile::head(), names);
      const bool full = bytes < 1'000'000;
      {
        const SizeLimit limit(bytes);
        const auto failure = test::sentence<std::system_error>([&] { record(recorder, names, kEvents); });
        EXPECT_EQ(failure, full ? "cannot write to " + dir.path(name) + ", the recording ends there: File too large"
                                : "(nothing thrown)");
      }
      EXPECT_EQ(recorder.events_written() < kEvents, full);
      EXPECT_LE(recorder.events_written() + recorder.events_not_written(), kEvents);
      EXPECT_EQ(events_in(dir.path(name)), recorder.events_written()) << name << " of " << bytes;
    }
}

TEST(Ring, NumbersGoOnBeyondFiveDigits) {
  const FakeNames names;
  test::TempDir dir;
  for (const char* left : {"x_99998.pcapng", "x_99999.pcapng", "x_100000.pcapng", "x_0100001.pcapng"}) dir.write(left);
  const Destination ring{dir.path("x.pcapng"), 1u << 20, 2};
  record(*std::make_unique<Recorder>(ring, test::RecordedFile::head(), names), names, 10);
  EXPECT_EQ(events_in(dir.path("x_100001.pcapng")), 10u);
  EXPECT_TRUE(std::filesystem::exists(dir.path("x_100000.pcapng")));
  EXPECT_TRUE(std::filesystem::exists(dir.path("x_0100001.pcapng")));  // none of ours
  EXPECT_FALSE(std::filesystem::exists(dir.path("x_99999.pcapng")));
  EXPECT_FALSE(std::filesystem::exists(dir.path("x_99998.pcapng")));
}

}  // namespace
}  // namespace skbtrail::recording
