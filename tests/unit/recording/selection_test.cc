// Events of recordings into a recording, which then says of them what the recordings said: of several hosts, runs and
// files of other programs, whose probes have the same numbers and whose names the same addresses.
#include "recording/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "event/fields.h"
#include "output/layout.h"
#include "recorded.h"
#include "temp_dir.h"

namespace skbtrail::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Another host: probe 0 is another function, and netns 1, reason 2 and the address have other names.
class OtherNames : public FakeNames {
 public:
  std::string_view probe(uint16_t number) const override { return number == 0 ? "ip_rcv" : "?"; }
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    using event::NameKind;
    if (kind == NameKind::netns) return number == 1 ? "other" : FakeNames::name(kind, number);
    return kind == NameKind::drop_reason ? "OTHER_REASON" : "other_function+0x1";
  }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return kBoot + 500 + monotonic_ns; }
};

recording::Head other_head() {
  auto head = RecordedFile::head();
  head.host = "there";
  head.command = {"-t", "ip_rcv"};
  head.probes = {{"ip_rcv", nullptr}};
  head.drop_reasons = {"OTHER_REASON"};
  return head;
}

RecordBuilder::Record dropped_at(uint64_t time_ns) {
  return full_record().time(time_ns).caller({FakeNames::kIcmpRcv}).stack(77).bytes();
}

std::string recording_of(const recording::Head& head, const event::Names& names, uint64_t first_ns) {
  recording::Encoder encoder(head, names);
  fmt::memory_buffer bytes;
  encoder.begin(bytes);
  for (const uint64_t after : {0, 2000, 4000}) {
    const auto record = dropped_at(first_ns + after);
    encoder.event(bytes, *event::Event::decode(record, names));
    encoder.gap(bytes, {first_ns + after, first_ns + after + 100, 3, {1, 0, 0, 0}, 0, 0, 0});
  }
  encoder.end(bytes, "{}");
  return fmt::to_string(bytes);
}

class SelectionTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) {
    folder_.write(name, bytes);
    return folder_.path(name);
  }

  // With everything; what `use` sees as well.
  template <typename Use>
  static std::string printed(const std::vector<std::string>& paths, Use use) {
    recording::Merge files(paths);
    files.begin();
    auto fields = event::default_columns(true, true);
    fields.push_back(event::find_field("stack"));
    const auto layout = output::make_line_layout({fields, output::TimeStyle::utc});
    fmt::memory_buffer out;
    use(files, [&](const recording::Reader& reader) {
      if (files.found() == recording::Reader::Found::gap) return layout->gap(out, reader.gap(), reader.names());
      layout->event(out, *event::Event::decode(reader.event_bytes(), reader.names()));
    });
    return fmt::to_string(out);
  }

  static std::string printed(const std::vector<std::string>& paths) {
    return printed(paths, [](recording::Merge& files, auto print) {
      while (const auto* reader = files.next()) print(*reader);
    });
  }

  // All of them into one file.
  std::string select(const std::vector<std::string>& paths) {
    return printed(paths, [&](recording::Merge& files, auto print) {
      recording::Selection selection({selected_}, files, {"read", "a", "-w", "b"}, "skbtrail again");
      while (const auto* reader = files.next()) {
        selection.turn_to(*reader);
        if (files.found() == recording::Reader::Found::gap) {
          selection.recorder().gap(reader->gap(), reader->names());
        } else {
          selection.recorder().event(*event::Event::decode(reader->event_bytes(), reader->names()));
        }
        print(*reader);
      }
      selection.recorder().end({});
    });
  }

  TempDir folder_;
  std::string selected_ = folder_.path("selected.pcapng");
};

TEST_F(SelectionTest, OneRecordingSaysTheSameAgain) {
  const auto path = write("a", recording_of(RecordedFile::head(), FakeNames(), 1000));
  const std::string before = select({path});
  EXPECT_THAT(before, HasSubstr("NO_SOCKET"));
  EXPECT_EQ(printed({selected_}), before);
}

TEST_F(SelectionTest, TwoHostsKeepTheirNamesAlsoWhereTheirEventsAlternate) {
  const auto here = write("a", recording_of(RecordedFile::head(), FakeNames(), 1000));
  const auto there = write("b", recording_of(other_head(), OtherNames(), 1500));
  const std::string before = select({here, there});
  for (const char* name : {"kfree_skb", "ip_rcv", "NO_SOCKET", "OTHER_REASON", "other_function", "icmp_rcv"})
    EXPECT_THAT(before, HasSubstr(name));
  EXPECT_EQ(printed({selected_}), before);

  recording::Reader reader(selected_);
  reader.next();
  const auto& head = reader.names().head();
  EXPECT_EQ(head.probes.size(), 3U);
  EXPECT_EQ(head.host, "here, there");
  EXPECT_THAT(head.drop_reasons, ElementsAre("NO_SOCKET", "OTHER_REASON"));
  EXPECT_THAT(head.command, ElementsAre("trace", "-w", "x", "and", "-t", "ip_rcv"));
}

TEST_F(SelectionTest, RunsOfOneFileBehindEachOtherKeepTheirs) {
  const auto path = write("a", recording_of(RecordedFile::head(), FakeNames(), 1000) +
                                   recording_of(other_head(), OtherNames(), 9000) +
                                   recording_of(RecordedFile::head(), FakeNames(), 20000));
  const std::string before = select({path});
  EXPECT_THAT(before, HasSubstr("OTHER_REASON"));
  EXPECT_EQ(printed({selected_}), before);
}

TEST_F(SelectionTest, WhatIsNamedAnewIsNamedAnew) {
  FakeNames names;
  RecordedFile file(names);
  file.add(dropped_at(1000));
  names.netns_name = "renamed";
  file.add(dropped_at(2000));
  const std::string before = select({write("a", file.bytes())});
  EXPECT_THAT(before, HasSubstr("renamed"));
  EXPECT_EQ(printed({selected_}), before);
}

TEST_F(SelectionTest, ItIsWrittenDownHowItWasMade) {
  auto head = RecordedFile::head();
  head.selected_by = {{"read", "x", "-w", "a"}};
  select({write("a", recording_of(head, FakeNames(), 1000))});
  recording::Reader reader(selected_);
  reader.next();
  EXPECT_EQ(reader.names().head().program, "skbtrail again");
  EXPECT_THAT(reader.names().head().selected_by,
              ElementsAre(ElementsAre("read", "x", "-w", "a"), ElementsAre("read", "a", "-w", "b")));
  EXPECT_THAT(folder_.read("selected.pcapng"),
              HasSubstr("skbtrail trace -w x, then skbtrail read x -w a, then skbtrail read a -w b"));
}

// As `--stack=LIST` asks for.
TEST_F(SelectionTest, AStackThatIsTakenOffAnEventIsNotWritten) {
  const FakeNames names;
  recording::Encoder encoder(RecordedFile::head(), names);
  fmt::memory_buffer bytes;
  encoder.begin(bytes);
  const auto with = dropped_at(1000);
  auto event = event::Event::decode(with, names);
  event->stack = nullptr;
  encoder.event(bytes, *event);
  const std::string text = fmt::to_string(bytes);
  const ReadBytes read(text);
  ASSERT_EQ(read.records.size(), 1U);
  EXPECT_EQ(read.records[0], full_record().time(1000).caller({FakeNames::kIcmpRcv}).bytes());
}

}  // namespace
}  // namespace skbtrail::test
