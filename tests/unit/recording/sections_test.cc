// Sections of recordings of other versions: longer, shorter, under other bits, and such as are not known here.
#include "recording/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recorded.h"
#include "recording/packed.h"
#include "recording/residual.h"
#include "recording/selection.h"
#include "temp_dir.h"
#include "text/append.h"

namespace skbtrail::test {
namespace {

using recording::RecordedSection;
using recording::SectionMap;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Words = std::vector<uint64_t>;

constexpr size_t kRoom = 1024;

// The sections of an event with these bits, as a record of ours has them; nothing where they are none.
std::optional<Words> put(const SectionMap& map, uint32_t there, const Words& from, const rec_device* device = nullptr) {
  Words to(kRoom / sizeof(uint64_t));
  auto* const begin = reinterpret_cast<std::byte*>(to.data());
  std::vector<recording::UnknownSection> unknown;
  const auto* end = map.put(there, std::as_bytes(std::span(from)), device, begin, kRoom, unknown);
  if (!end) return std::nullopt;
  to.resize(static_cast<size_t>(end - begin) / sizeof(uint64_t));
  return to;
}

TEST(Sections, ThoseOfThisVersionComeBackAsTheyStand) {
  const SectionMap map;
  const uint32_t there = REC_SECTION_RESULT | REC_SECTION_DROP | REC_SECTION_ARGS | REC_SECTION_STACK;
  EXPECT_EQ(map.ours(there), there);
  const Words words{1, 2, 3, 8, 5, 6};  // a result, a drop, arguments of 8 bytes, a stack
  EXPECT_EQ(put(map, there, words), words);
}

TEST(Sections, OneThatIsShorterThereHasZerosBehindIt) {
  const SectionMap map({{"drop", 2, 8}, {"stack", 7, 8}});
  EXPECT_EQ(put(map, 1u << 2 | 1u << 7, {1, 2}), (Words{1, 0, 2}));
}

TEST(Sections, OfOneThatIsLongerThereTheRestIsLeftOut) {
  const SectionMap map({{"result", 3, 24}, {"stack", 7, 8}});
  EXPECT_EQ(put(map, 1u << 3 | 1u << 7, {1, 2, 3, 4}), (Words{1, 4}));
  const SectionMap args({{"args", 5, 16, true}});
  EXPECT_EQ(put(args, 1u << 5, {8, 2, 3}), (Words{8, 3}));
  EXPECT_THAT(map.longer_in(1u << 3 | 1u << 7), ElementsAre("result"));
  EXPECT_THAT(map.longer_in(1u << 7), IsEmpty());
  EXPECT_THAT(SectionMap(recording::sections_before_lists()).longer_in(~0u), IsEmpty());
}

TEST(Sections, TheyStandInTheOrderOfTheListAndComeInOurs) {
  const SectionMap map({{"stack", 30, 8}, {"result", 31, 8}});
  EXPECT_EQ(map.ours(1u << 30 | 1u << 31), uint32_t{REC_SECTION_STACK | REC_SECTION_RESULT});
  EXPECT_EQ(put(map, 1u << 30 | 1u << 31, {7, 1}), (Words{1, 7}));
}

TEST(Sections, OneThatNobodyKnowsIsPassedOver) {
  const SectionMap map({{"weather", 9, 16}, {"moods", 10, 8, true}, {"stack", 7, 8}});
  const uint32_t there = 1u << 9 | 1u << 10 | 1u << 7;
  EXPECT_EQ(map.ours(there), uint32_t{REC_SECTION_STACK});
  EXPECT_EQ(put(map, there, {1, 2, 16, 4, 5, 6}), (Words{6}));
  EXPECT_THAT(map.unknown_in(there), ElementsAre("weather", "moods"));
  EXPECT_THAT(map.unknown_in(1u << 7), IsEmpty());
  EXPECT_THAT(map.longer_in(there), IsEmpty());
}

TEST(Sections, WhatIsNotInTheListMakesTheEventNone) {
  const SectionMap map({{"stack", 7, 8}, {"args", 5, 8, true}});
  EXPECT_FALSE(put(map, 1u << 7 | 1u << 8, {1, 2}));
  EXPECT_FALSE(put(map, 1u << 7, {1, 2}));
  EXPECT_FALSE(put(map, 1u << 7, {}));
  EXPECT_FALSE(put(map, 1u << 5, {8}));
  EXPECT_FALSE(put(map, 1u << 5, {4, 0}));
  EXPECT_FALSE(put(map, 1u << 5, {2048, 0}));
  EXPECT_FALSE(put(SectionMap(), REC_SECTION_DEVICE, {}));
}

TEST(Sections, AListThatCannotBeIsRefused) {
  using Sections = std::vector<RecordedSection>;
  EXPECT_NO_THROW(recording::check(recording::our_sections()));
  EXPECT_NO_THROW(recording::check(recording::sections_before_lists()));
  for (const Sections& sections : {Sections{{"a", 32, 8}}, Sections{{"a", 1, 8}, {"b", 1, 8}}, Sections{{"a", 1, 4}},
                                   Sections{{"a", 1, 0, true}}, Sections{{"a", 1, 32768}}})
    EXPECT_THROW(recording::check(sections), std::invalid_argument) << sections.front().bit;
}

// As they stand in the file, with the masks there.
TEST(Sections, ThoseThatNobodyKnowsAreHandedOutAsTheyStand) {
  const SectionMap map({{"weather", 9, 16}, {"moods", 10, 8, true}, {"stack", 7, 8}});
  const Words from{1, 2, 16, 4, 5, 6};
  Words to(kRoom / sizeof(uint64_t));
  std::vector<recording::UnknownSection> unknown;
  const auto bytes = std::as_bytes(std::span(from));
  ASSERT_TRUE(
      map.put(1u << 9 | 1u << 10 | 1u << 7, bytes, nullptr, reinterpret_cast<std::byte*>(to.data()), kRoom, unknown));
  ASSERT_THAT(unknown, SizeIs(2));
  EXPECT_EQ(unknown[0].mask, 1u << 9);
  EXPECT_THAT(unknown[0].bytes, ElementsAreArray(bytes.first(16)));
  EXPECT_EQ(unknown[1].mask, 1u << 10);
  EXPECT_THAT(unknown[1].bytes, ElementsAreArray(bytes.subspan(16, 24)));
  ASSERT_TRUE(map.put(1u << 7, bytes.first(8), nullptr, reinterpret_cast<std::byte*>(to.data()), kRoom, unknown));
  EXPECT_THAT(unknown, IsEmpty());
}

// An event of a writer whose sections are `head.sections`, as encoder.cc writes it.
class FileFromTheFuture {
 public:
  explicit FileFromTheFuture(std::vector<RecordedSection> sections) {
    recording::Head head = RecordedFile::head();
    head.sections = std::move(sections);
    recording::Encoder(std::move(head), names_).begin(bytes_);
  }

  // `different`: from what is usual there. `sections`: all but the device's.
  void add(uint32_t different, const Words& sections, const ByteVector& packet) {
    rec_core core{};
    core.start_layer = REC_START_LINK;
    core.wire_len = 0;
    recording::to_residual(core);
    core.sections = different;
    std::vector<uint8_t> packed(recording::packed_room(sizeof(core) / 8 + sections.size()));
    recording::Packer packer(packed.data());
    packer.add(std::as_bytes(std::span(&core, 1)).subspan(offsetof(rec_core, sk)));
    packer.add(std::as_bytes(std::span(sections)));
    packed.resize(static_cast<size_t>(packer.end() - packed.data()));
    std::string option = raw(recording::kPen) + "s" + char{recording::kVersion} + '\0';
    option.append(packed.begin(), packed.end());
    const auto size = static_cast<uint32_t>(packet.size());
    std::string body = raw(uint32_t{0}) + raw(uint64_t{0}) + raw(size) + raw(size);
    body += padded(std::string(packet.begin(), packet.end()));
    body += raw(uint16_t{recording::kCustomOption}) + raw(static_cast<uint16_t>(option.size())) + padded(option);
    body += raw(uint32_t{0});
    const auto length = static_cast<uint32_t>(body.size() + 12);
    text::append(bytes_, raw(uint32_t{recording::kEnhancedPacket}) + raw(length) + body + raw(length));
  }

  [[nodiscard]] std::string bytes() const { return fmt::to_string(bytes_); }

 private:
  template <typename Value>
  static std::string raw(Value value) {
    return {reinterpret_cast<const char*>(&value), sizeof(value)};
  }
  static std::string padded(std::string bytes) {
    bytes.resize(recording::padded(bytes.size()));
    return bytes;
  }

  FakeNames names_;
  fmt::memory_buffer bytes_;
};

const std::vector<RecordedSection> kFuture{{"weather", 11, 16},   {"drop", 20, 24},  {"task", 1, 32},
                                           {"moods", 0, 8, true}, {"device", 2, 40}, {"bytes", 29, 0}};
constexpr uint32_t kUsualThere = 1u << 1 | 1u << 2 | 1u << 29;

TEST(Recording, AnEventWithSectionsFromTheFutureIsReadWithoutThem) {
  FileFromTheFuture file(kFuture);
  const uint32_t there = 1u << 11 | 1u << 20 | 1u << 0 | 1u << 29;
  file.add(there ^ kUsualThere, {~0ull, ~0ull, 7, 1ull << 32 | 2, ~0ull, 8, ~0ull}, tcp_syn());
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  EXPECT_EQ(read.reader.problem(), "");
  EXPECT_EQ(read.reader.malformed(), 0U);
  ASSERT_THAT(read.records, SizeIs(1));
  EXPECT_THAT(read.reader.unknown_sections(), ElementsAre("moods", "weather"));
  const auto event = event::Event::decode(read.records[0], read.reader.names());
  ASSERT_TRUE(event);
  EXPECT_FALSE(event->device || event->task);
  ASSERT_TRUE(event->drop);
  EXPECT_EQ(event->drop->location, 7U);
  EXPECT_EQ(event->drop->reason, 2U);
  EXPECT_EQ(event->drop->has_reason, 1U);
  EXPECT_EQ(ByteVector(event->bytes.begin(), event->bytes.end()), tcp_syn());
}

// Of two files whose bits for it differ, one of them with a section that the other one lacks.
TEST(Recording, SectionsFromTheFutureGoIntoWhatIsWrittenByteForByte) {
  const Words weather{~0ull, 0xbad}, moods{16, 0, ~0ull};
  FileFromTheFuture one(kFuture), other({{"moods", 4, 8, true}, {"task", 1, 32}, {"device", 2, 40}, {"bytes", 3, 0}});
  one.add((1u << 11 | 1u << 0 | 1u << 29) ^ kUsualThere, {weather[0], weather[1], moods[0], moods[1], moods[2]},
          tcp_syn());
  one.add((1u << 29) ^ kUsualThere, {}, tcp_syn());
  other.add((1u << 4 | 1u << 3) ^ (1u << 1 | 1u << 2 | 1u << 3), moods, tcp_syn());
  TempDir folder;
  folder.write("one", one.bytes());
  folder.write("other", other.bytes());
  recording::Merge files({folder.path("one"), folder.path("other")});
  files.begin();
  {
    recording::Selection selection({folder.path("again")}, files, {"read"}, "skbtrail test");
    while (const auto* reader = files.next()) {
      selection.turn_to(*reader);
      selection.recorder().event(*event::Event::decode(reader->event_bytes(), reader->names()));
    }
    selection.recorder().end({});
  }
  std::vector<std::vector<Words>> found;
  recording::Reader again(folder.path("again"));
  while (again.next() == recording::Reader::Found::event) {
    auto& sections = found.emplace_back();
    for (const auto& section : again.unknown()) {
      auto& words = sections.emplace_back(section.bytes.size() / sizeof(uint64_t));
      std::memcpy(words.data(), section.bytes.data(), section.bytes.size());
    }
    const auto event = event::Event::decode(again.event_bytes(), again.names());
    EXPECT_EQ(ByteVector(event->bytes.begin(), event->bytes.end()), tcp_syn());
  }
  EXPECT_EQ(again.problem(), "");
  using Found = std::vector<Words>;
  EXPECT_THAT(found, UnorderedElementsAre(Found{weather, moods}, Found{}, Found{moods}));
  EXPECT_THAT(again.unknown_sections(), ElementsAre("moods", "weather"));
}

TEST(Recording, SectionsFromTheFutureThatNoEventHasAreNotTold) {
  FileFromTheFuture file(kFuture);
  file.add((1u << 29) ^ kUsualThere, {}, tcp_syn());
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  EXPECT_THAT(read.records, SizeIs(1));
  EXPECT_THAT(read.reader.unknown_sections(), IsEmpty());
}

TEST(Recording, AnEventThatIsNotAsItsHeadSaysIsNone) {
  FileFromTheFuture file(kFuture);
  file.add((1u << 28) ^ kUsualThere, {1}, tcp_syn());
  const std::string bytes = file.bytes();
  const ReadBytes read(bytes);
  EXPECT_THAT(read.records, IsEmpty());
  EXPECT_EQ(read.reader.malformed(), 1U);
}

}  // namespace
}  // namespace skbtrail::test
