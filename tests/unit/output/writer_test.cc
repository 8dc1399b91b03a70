#include "output/writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>
#include <thread>

#include "sentence.h"
#include "temp_dir.h"

namespace skbtrail::output {
namespace {

using namespace std::string_view_literals;

void add(Writer& writer, std::string_view text) {
  writer.buffer().append(text);
  writer.added();
}

// A named pipe: the tests' own end of what a Writer writes to. As in the program, SIGPIPE is ignored.
class Pipe {
 public:
  Pipe() {
    before_ = signal(SIGPIPE, SIG_IGN);
    if (mkfifo(path().c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    reader_ = open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    fcntl(reader_, F_SETFL, 0);
  }
  ~Pipe() {
    close_reader();
    (void)signal(SIGPIPE, before_);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] std::string path() const { return dir_.path("pipe"); }
  [[nodiscard]] int reader() const { return reader_; }
  void close_reader() {
    if (reader_ >= 0) close(reader_);
    reader_ = -1;
  }
  [[nodiscard]] std::string read_all() const {
    std::string text;
    char part[1000];  // no divisor of what the pipe holds
    for (ssize_t got; (got = read(reader_, part, sizeof(part))) > 0;) text.append(part, static_cast<size_t>(got));
    return text;
  }

 private:
  test::TempDir dir_;
  int reader_ = -1;
  sighandler_t before_ = SIG_DFL;
};

TEST(Writer, WritesWhatWasAddedWhenFlushed) {
  test::TempDir dir;
  Writer writer(dir.path("out"));
  add(writer, "one\n");
  EXPECT_EQ(dir.read("out"), "");
  writer.flush();
  EXPECT_EQ(dir.read("out"), "one\n");
  add(writer, "two\n");
  writer.flush();
  writer.flush();
  EXPECT_EQ(dir.read("out"), "one\ntwo\n");
  EXPECT_FALSE(writer.closed());
}

TEST(Writer, WritesByItselfWhenEnoughHasComeTogether) {
  test::TempDir dir;
  Writer writer(dir.path("out"));
  std::string text(Writer::kEnoughForFile - 1, 'x');
  add(writer, text);
  EXPECT_EQ(dir.read("out"), "");
  add(writer, "\n");
  EXPECT_EQ(writer.buffer().size(), 0u);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (dir.read("out").size() < Writer::kEnoughForFile && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  EXPECT_EQ(dir.read("out"), text + "\n");
}

TEST(Writer, MuchToAFileComesInOrderAndIsThereWhenFlushed) {
  test::TempDir dir;
  Writer writer(dir.path("out"));
  std::string wanted;
  for (int i = 0; i < 200'000; i++) {
    std::string line = std::to_string(i) + "\n";
    add(writer, line);
    wanted += line;
    if (i % 70'000 == 0) writer.hand_over();
  }
  writer.flush();
  EXPECT_EQ(dir.read("out"), wanted);
}

TEST(Writer, MuchToAFileIsThereWhenItEnds) {
  test::TempDir dir;
  std::string text(5u << 20, 'x');
  {
    Writer writer(dir.path("out"));
    add(writer, text);
    add(writer, text);
  }
  EXPECT_EQ(dir.read("out").size(), 2 * text.size());
}

// A file that may not grow: the thread's write fails, and the next call says so.
TEST(Writer, AFileThatCannotGrowIsThrownOnce) {
  test::TempDir dir;
  auto before = signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{1u << 20, old.rlim_max};
  Writer writer(dir.path("out"));
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_EQ(test::sentence<std::system_error>([&] {
              add(writer, std::string(2u << 20, 'x'));
              writer.flush();
            }),
            "cannot write to " + dir.path("out") + ": File too large");
  EXPECT_TRUE(writer.closed());
  EXPECT_NO_THROW(add(writer, std::string(2u << 20, 'x')));
  EXPECT_NO_THROW(writer.flush());
  setrlimit(RLIMIT_FSIZE, &old);
  (void)signal(SIGXFSZ, before);
}

TEST(Writer, EmptiesAFileThatWasThere) {
  test::TempDir dir;
  dir.write("out", "old and long\n");
  Writer writer(dir.path("out"));
  add(writer, "new\n");
  writer.flush();
  EXPECT_EQ(dir.read("out"), "new\n");
}

TEST(Writer, AFileThatCannotBeMadeIsSaid) {
  test::TempDir dir;
  EXPECT_THAT(test::sentence<std::system_error>([&] { Writer writer(dir.path("no/out")); }),
              testing::AllOf(testing::HasSubstr("cannot write '" + dir.path("no/out") + "'"),
                             testing::HasSubstr("No such file or directory")));
}

TEST(Writer, AFileIsNoTerminalAndHasNoWidth) {
  test::TempDir dir;
  Writer writer(dir.path("out"));
  EXPECT_FALSE(writer.is_terminal());
  EXPECT_EQ(writer.terminal_columns(), 0u);
}

TEST(Writer, AReaderThatWentAwayClosesItAndNothingIsThrown) {
  Pipe pipe;
  Writer writer(pipe.path());
  pipe.close_reader();
  add(writer, "lost\n");
  EXPECT_FALSE(writer.closed());
  EXPECT_NO_THROW(writer.flush());
  EXPECT_TRUE(writer.closed());
  add(writer, "dropped\n");
  EXPECT_NO_THROW(writer.flush());
  EXPECT_EQ(writer.buffer().size(), 0u);
}

TEST(Writer, AFullDiskIsThrownOnce) {
  Writer writer("/dev/full");
  add(writer, "too much\n");
  EXPECT_EQ(test::sentence<std::system_error>([&] { writer.flush(); }),
            "cannot write to /dev/full: No space left on device");
  EXPECT_TRUE(writer.closed());
  add(writer, "more\n");
  EXPECT_NO_THROW(writer.flush());
}

// As those of a trail are, until it is told.
TEST(Writer, EventsThatAreHeldGoWithTheirText) {
  test::TempDir dir;
  Writer writer(dir.path("out"));
  for (int i = 0; i < 5; i++) writer.event_held();
  EXPECT_EQ(writer.events_written(), 0u);
  writer.buffer().append("a trail of three\n"sv);
  writer.held_ended(3);
  writer.added();
  writer.flush();
  EXPECT_EQ(writer.events_written(), 3u);
  EXPECT_EQ(writer.events_not_written(), 0u);
  writer.held_ended(9);  // what was held, and no more
  EXPECT_EQ(writer.events_written(), 5u);
}

TEST(Writer, EventsForWhichNothingWasToBeWrittenAreNotLost) {
  test::TempDir dir;
  Writer writer(dir.path("out"));
  for (int i = 0; i < 3; i++) writer.event_added();
  writer.hand_over();
  writer.flush();
  EXPECT_EQ(writer.events_written(), 3u);
  EXPECT_EQ(writer.events_not_written(), 0u);
}

TEST(Writer, EventsWhoseTextFoundNoRoomAreNotWritten) {
  Writer writer("/dev/full");
  for (int i = 0; i < 5; i++) writer.event_held();
  writer.held_ended(1);
  writer.buffer().append("a trail of three\n"sv);
  writer.held_ended(3);
  writer.event_added();
  EXPECT_THROW(writer.flush(), std::system_error);
  EXPECT_EQ(writer.events_written(), 1u) << "for which there was nothing to write";
  EXPECT_EQ(writer.events_not_written(), 5u) << "one is held still";
}

TEST(Writer, AFullDiskIsThrownWithItsErrno) {
  Writer writer("/dev/full");
  writer.buffer().append("x"sv);
  try {
    writer.flush();
    FAIL() << "nothing was thrown";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_space_on_device);
  }
}

TEST(Writer, PartialWritesToASlowReaderLoseNothing) {
  Pipe pipe;
  std::string text;
  for (int i = 0; i < 100'000; i++) text += std::to_string(i) + "\n";
  std::string seen;
  std::thread reader;
  {
    Writer writer(pipe.path());
    reader = std::thread([&] { seen = pipe.read_all(); });
    add(writer, text);
  }
  reader.join();
  EXPECT_EQ(seen, text);
}

// Another process that shares the pipe may have made it so.
TEST(Writer, ANonBlockingPipeIsWaitedFor) {
  Pipe pipe;
  std::string text(1u << 20, 'x');
  std::string seen;
  std::thread reader;
  {
    Writer writer(pipe.path());
    fcntl(writer.fd(), F_SETFL, fcntl(writer.fd(), F_GETFL) | O_NONBLOCK);
    reader = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      seen = pipe.read_all();
    });
    add(writer, text);
  }
  reader.join();
  EXPECT_EQ(seen.size(), text.size());
}

TEST(Writer, AReaderThatGoesWhileANonBlockingPipeIsFullClosesIt) {
  Pipe pipe;
  Writer writer(pipe.path());
  fcntl(writer.fd(), F_SETFL, fcntl(writer.fd(), F_GETFL) | O_NONBLOCK);
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pipe.close_reader();
  });
  add(writer, std::string(1u << 20, 'x'));
  EXPECT_NO_THROW(writer.flush());
  reader.join();
  EXPECT_TRUE(writer.closed());
}

}  // namespace
}  // namespace skbtrail::output
