// Recordings of kernels that this machine is not (tests/data/make) through the layouts: what is printed is what is
// beside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "event/fields.h"
#include "output/layout.h"
#include "recording/reader.h"

namespace skbtrail::test {
namespace {

std::string data(const std::string& name) {
  return std::string(TEST_SOURCE_DIR) + "/../../data/" + name;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string printed(const std::string& kernel, output::Layout& layout) {
  recording::Reader reader(data(kernel + ".pcapng"));
  fmt::memory_buffer out;
  for (;;) {
    const auto found = reader.next();
    if (found == recording::Reader::Found::end) break;
    EXPECT_EQ(found, recording::Reader::Found::event);
    auto event = event::Event::decode(reader.event_bytes(), reader.names());
    EXPECT_TRUE(event);
    if (!event) break;
    event->late = reader.late();
    layout.event(out, *event);
  }
  EXPECT_EQ(reader.problem(), "");
  EXPECT_EQ(reader.malformed(), 0U);
  EXPECT_TRUE(reader.ended());
  return fmt::to_string(out);
}

std::vector<const event::Field*> with_stack(std::vector<const event::Field*> fields) {
  fields.push_back(event::find_field("stack"));
  return fields;
}

class RecordedKernel : public testing::TestWithParam<const char*> {};

TEST_P(RecordedKernel, IsPrintedInLines) {
  const auto layout = output::make_line_layout({event::default_columns(false, false), output::TimeStyle::mono});
  EXPECT_EQ(printed(GetParam(), *layout), content(data(std::string(GetParam()) + ".line")));
}

TEST_P(RecordedKernel, IsPrintedInLinesWithEverything) {
  const auto layout = output::make_line_layout({.fields = with_stack(event::default_columns(true, true)),
                                                .time = output::TimeStyle::mono,
                                                .zero_is_usual = event::find_field("mark")});
  EXPECT_EQ(printed(GetParam(), *layout), content(data(std::string(GetParam()) + ".meta")));
}

TEST_P(RecordedKernel, IsPrintedInJson) {
  const auto layout = output::make_json_layout({with_stack(event::default_keys(false))});
  EXPECT_EQ(printed(GetParam(), *layout), content(data(std::string(GetParam()) + ".json")));
}

TEST_P(RecordedKernel, SaysWhichKernelItWas) {
  recording::Reader reader(data(std::string(GetParam()) + ".pcapng"));
  EXPECT_EQ(reader.next(), recording::Reader::Found::event);
  const auto& head = reader.names().head();
  const std::string kernel = GetParam();
  EXPECT_TRUE(head.kernel.starts_with(kernel == "newest" ? "7." : kernel + ".")) << head.kernel;
  EXPECT_GT(head.probes.size(), 15U);
}

INSTANTIATE_TEST_SUITE_P(Data, RecordedKernel, testing::Values("5.10", "6.1", "6.12", "newest"));

}  // namespace
}  // namespace skbtrail::test
