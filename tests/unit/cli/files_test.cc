// Files of a command line: which are one, and those that are there only when they are whole.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/trace.h"
#include "run/whole_file.h"
#include "sentence.h"
#include "temp_dir.h"

namespace skbtrail::cli {
namespace {

using Words = std::vector<std::string>;

std::string trace_refused(const Words& words) {
  const auto options = parse_trace_options(words);
  return test::sentence<UsageError>([&] { check_files(options, options.probes.tracer_files); });
}

std::string read_refused(const Words& words) {
  const auto options = parse_read_options(words);
  return test::sentence<UsageError>([&] { check_files(options.trace, options.files); });
}

constexpr const char* kAllowed = "(nothing thrown)";

TEST(Files, TwoOutputsAreNotOneFileUnderAnyName) {
  const test::TempDir dir;
  const std::string x = dir.path("x"), again = dir.path("./x"), y = dir.path("y");
  symlink("y", dir.path("link").c_str());  // to what is not there yet
  dir.write("here");
  dir.link("here", "hard");
  EXPECT_EQ(trace_refused({"-w", x, "-O", again}), "-O " + again + " and -w " + x + " are the same file");
  EXPECT_EQ(trace_refused({"-O", x, "--summary", again}), "-O " + x + " and --summary " + again + " are the same file");
  EXPECT_NE(trace_refused({"-w", x, "--ready-file", again}), kAllowed);
  EXPECT_NE(trace_refused({"-o", "pcapng", "-O", x, "--summary", x}), kAllowed);
  EXPECT_NE(trace_refused({"-w", y, "-O", dir.path("link")}), kAllowed);
  EXPECT_NE(trace_refused({"-w", dir.path("here"), "-O", dir.path("hard")}), kAllowed);
  EXPECT_EQ(trace_refused({"-w", x, "-O", y, "--summary", dir.path("s"), "--ready-file", dir.path("r")}), kAllowed);
  EXPECT_EQ(trace_refused({"-o", "count", "-w", x}), kAllowed);
}

TEST(Files, DevicesMayBeShared) {
  EXPECT_EQ(trace_refused({"-w", "/dev/null", "-O", "/dev/null", "--summary", "/dev/null"}), kAllowed);
}

TEST(Files, ARecordingIsNotWrittenToATerminal) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(grantpt(terminal) + unlockpt(terminal), 0);
  const std::string name = ptsname(terminal);
  EXPECT_EQ(trace_refused({"-w", name}), "a recording is binary data, and " + name +
                                             " is a terminal; use a file, or -w - and a pipe: | tshark -r -");
  EXPECT_NE(trace_refused({"-o", "pcapng", "-O", name}), kAllowed);
  EXPECT_EQ(trace_refused({"-O", name}), kAllowed);
  close(terminal);
}

TEST(Files, AnOutputIsNoInput) {
  const test::TempDir dir;
  const std::string x = dir.path("x.pcapng"), tree = dir.path("tree.yaml");
  dir.write("x.pcapng");
  dir.write("tree.yaml");
  dir.link("x.pcapng", "hard");
  EXPECT_EQ(read_refused({x, "-O", dir.path("hard")}),
            "-O " + dir.path("hard") + " would overwrite " + x + ", which is an input");
  EXPECT_NE(read_refused({x, "--summary", x}), kAllowed);
  EXPECT_NE(trace_refused({"--tracers", tree, "-O", tree}), kAllowed);
  EXPECT_EQ(read_refused({x, x, "-O", dir.path("y")}), kAllowed);
}

TEST(Files, ARingHasTheNamesOfItsFilesForItself) {
  const test::TempDir dir;
  const std::string x = dir.path("x.pcapng");
  for (const char* name : {"x_00001.pcapng", "x_123456.pcapng"})
    EXPECT_EQ(trace_refused({"-w", x, "--rotate", "1M,3", "-O", dir.path(name)}),
              "-O " + dir.path(name) + " is the name of one of the files of -w " + x + " --rotate");
  for (const char* name : {"x_1.pcapng", "x_000001.pcapng", "x_00001.pcap", "x.pcapng", "y_00001.pcapng"})
    EXPECT_EQ(trace_refused({"-w", x, "--rotate", "1M,3", "-O", dir.path(name)}), kAllowed) << name;
}

TEST(WholeFile, WhatAnEarlierRunLeftIsRemovedFirst) {
  const test::TempDir dir;
  dir.write("ready", "old");
  const run::WholeFile file(dir.path("ready"));
  EXPECT_NE(access(dir.path("ready").c_str(), F_OK), 0);
  file.write("new\n");
  EXPECT_EQ(dir.read("ready"), "new\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(WholeFile, ALinkStaysOne) {
  const test::TempDir dir;
  symlink("there", dir.path("link").c_str());
  run::WholeFile(dir.path("link")).write("new\n");
  EXPECT_EQ(dir.read("there"), "new\n");
  EXPECT_TRUE(std::filesystem::is_symlink(dir.path("link")));
}

TEST(WholeFile, WhatCannotBeWrittenIsSaidAtOnce) {
  const test::TempDir dir;
  const auto refused = [](const std::string& path) {
    return test::sentence<RunError>([&] { const run::WholeFile file(path); });
  };
  EXPECT_EQ(refused(dir.path("no/file")), "cannot write '" + dir.path("no/file") + "': No such file or directory");
  EXPECT_EQ(refused(dir.path()), "cannot write '" + dir.path() + "': Is a directory");
  EXPECT_EQ(test::sentence<RunError>([] { run::WholeFile("/dev/full").write("x"); }),
            "cannot write '/dev/full': No space left on device");
}

TEST(Streams, MinusIsStandardOutputOfEventsAndStandardErrorOfTheSum) {
  for (const char* name : {"-", "/dev/stdout", "/dev/fd/1"})
    EXPECT_EQ(parse_trace_options({"-w", "x", "-O", name}).output.file, "") << name;
  EXPECT_TRUE(parse_trace_options({"-w", "x", "-O", "-"}).uses_standard_output());
  EXPECT_FALSE(parse_trace_options({"-w", "x"}).uses_standard_output());
  EXPECT_TRUE(parse_trace_options({"-O", "/dev/stderr"}).output.to_stderr);
  EXPECT_EQ(parse_trace_options({"--summary", "/dev/stderr"}).run.summary_file, "-");
  EXPECT_EQ(parse_read_options({"x.pcapng", "-O", "-"}).trace.output.file, "");
  EXPECT_EQ(test::sentence<UsageError>([] {
              parse_trace_options({"--ready-file", "-"});
            }),
            "--ready-file: cannot be standard output; for a file named -, write ./-");
}

}  // namespace
}  // namespace skbtrail::cli
