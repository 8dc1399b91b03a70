// Files that would take any memory: each is read to a limit, which is told in words, and honest ones never meet it.
#include "recording/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>

#include "recorded.h"
#include "recording/bounded_json.h"
#include "recording/merge.h"
#include "temp_dir.h"

namespace skbtrail::test {
namespace {

using event::NameKind;
using ::testing::HasSubstr;
using ::testing::SizeIs;

uint8_t number_of(NameKind kind) {
  return event::row_of(kind).on_disk;
}

template <typename Value>
void put(std::string& to, Value value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void put_block(std::string& to, uint32_t type, std::string_view body) {
  const auto length = static_cast<uint32_t>(12 + recording::padded(body.size()));
  put(to, type);
  put(to, length);
  to.append(body);
  to.resize(to.size() + recording::padded(body.size()) - body.size());
  put(to, length);
}

void put_custom(std::string& to, uint8_t kind, std::string_view rest) {
  put(to, uint16_t{recording::kCustomOption});
  put(to, static_cast<uint16_t>(recording::kCustomHead + rest.size()));
  put(to, recording::kPen);
  to += {static_cast<char>(recording::kOurMark), static_cast<char>(recording::kVersion), static_cast<char>(kind)};
  to.append(rest);
  const size_t option = recording::kCustomHead + rest.size();
  to.resize(to.size() + recording::padded(option) - option);
}

std::string numbered(uint64_t number, std::string_view name) {
  std::string rest;
  put(rest, number);
  return rest += name;
}

// A packet of no bytes with these options.
std::string packet_with(const std::string& options) {
  std::string file;
  put_block(file, recording::kEnhancedPacket, std::string(20, '\0') + options);
  return file;
}

std::string recording_of_one() {
  const FakeNames names;
  RecordedFile file(names);
  file.add(full_record().bytes());
  return file.bytes();
}

// What is said of a recording with one event and these bytes after it; that event is found all the same.
std::string problem_with(const std::string& behind) {
  const std::string bytes = recording_of_one() + behind;
  const ReadBytes read(bytes);
  EXPECT_GE(read.records.size(), 1U);
  EXPECT_EQ(read.reader.is_broken(), !read.reader.problem().empty());
  return read.reader.problem();
}

class Compressor {
 public:
  explicit Compressor(int window = 0) {
    if (window) ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, window);
  }
  // Flushed, as our writer does; so the frame's size is not told at its front, and its window is the one asked for.
  void add(std::string& to, const std::string& bytes, ZSTD_EndDirective how = ZSTD_e_flush) {
    const size_t before = to.size();
    to.resize(before + ZSTD_compressBound(bytes.size()) + 100);
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer out{to.data() + before, to.size() - before, 0};
    EXPECT_EQ(ZSTD_compressStream2(context_.get(), &out, &from, how), 0U);
    to.resize(before + out.pos);
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_{ZSTD_createCCtx(), ZSTD_freeCCtx};
};

std::string compressed(const std::string& bytes, int window = 0) {
  std::string file;
  Compressor compressor(window);
  compressor.add(file, bytes);
  compressor.add(file, "", ZSTD_e_end);
  return file;
}

TEST(Limits, InterfacesWithoutEndAreReadToTheLimit) {
  std::string one, all;
  put_block(one, recording::kInterfaceDescription, std::string("\x01\0\0\0\xff\xff\0\0", 8));
  all.reserve(one.size() * (recording::kMostInterfaces + 1));
  for (size_t i = 0; i + 8 < recording::kMostInterfaces; i++) all += one;
  EXPECT_EQ(problem_with(all), "");
  for (size_t i = 0; i < 8; i++) all += one;
  EXPECT_THAT(problem_with(all), HasSubstr("more than 1048576 interfaces"));
}

// Compressed as it is made: as much as the limit, and the file 0.1 % of that.
TEST(Limits, NamesWithoutEndAreReadToTheLimit) {
  constexpr size_t kAtOnce = 2000;
  std::string options, file;
  for (size_t i = 0; i < kAtOnce; i++)
    put_custom(options, number_of(NameKind::symbol), numbered(i, std::string(recording::kMostName, 'n')));
  const size_t each = options.size() / kAtOnce, at = 4 + recording::kCustomHead;
  Compressor compressor;
  compressor.add(file, recording_of_one());
  for (uint64_t number = 0; number < recording::kMostKept / recording::kMostName;) {
    for (size_t i = 0; i < kAtOnce; i++, number++) std::memcpy(&options[i * each + at], &number, sizeof(number));
    compressor.add(file, packet_with(options));
  }
  const ReadBytes read(file);
  EXPECT_GT(read.records.size(), 30U);
  EXPECT_TRUE(read.reader.is_broken());
  EXPECT_THAT(read.reader.problem(), HasSubstr("more than 268435456 bytes of names and stacks"));
}

TEST(Limits, ANameThatIsToldAgainTakesNothingMore) {
  recording::RecordedNames names;
  constexpr std::string_view kOne = "blue", kOther = "a longer name than before";
  for (int i = 0; i < 1000; i++) {
    names.set(NameKind::symbol, 7, "tcp_v4_rcv+0x1");
    names.set_stack(7, std::as_bytes(std::span("0123456789abcde")));
    names.set(NameKind::netns, 1, i % 2 ? kOne : kOther);
  }
  // Both names of the namespace stay, for whoever was handed one of them.
  EXPECT_EQ(names.kept(), 5 * recording::kPerName + 14 + 16 + kOne.size() + kOther.size());
  names.forget();
  EXPECT_EQ(names.kept(), 0U);
}

TEST(Limits, WhatIsNotKnownIsNoNameThatIsKept) {
  recording::RecordedNames names;
  for (uint32_t number = 1; number < 1000; number++) {
    EXPECT_EQ(names.name(NameKind::netns, number), std::to_string(number));
    EXPECT_THAT(std::string(names.name(NameKind::drop_reason, number)), HasSubstr("reason-0x"));
  }
  EXPECT_EQ(names.kept(), 0U);
}

TEST(Limits, ANameAStackOrABlockThatIsTooLongIsRefused) {
  std::string options;
  put_custom(options, number_of(NameKind::netns), numbered(1, std::string(recording::kMostName, 'n')));
  put_custom(options, recording::kStack, numbered(1, std::string(8 * recording::kMostFrames, '\1')));
  EXPECT_EQ(problem_with(packet_with(options)), "");
  std::string name = options, stack = options, block;
  put_custom(name, number_of(NameKind::netns), numbered(1, std::string(recording::kMostName + 1, 'n')));
  EXPECT_THAT(problem_with(packet_with(name)), HasSubstr("more than 4096 bytes of a name"));
  put_custom(stack, recording::kStack, numbered(1, std::string(8 * recording::kMostFrames + 8, '\1')));
  EXPECT_THAT(problem_with(packet_with(stack)), HasSubstr("more than 1024 frames of a stack"));
  put_block(block, 77, std::string(recording::kMostBlock, 'x'));
  EXPECT_THAT(problem_with(block), HasSubstr("a block of 16777228 bytes, where at most 16777216 are read, at byte"));
}

TEST(Limits, ASummaryWithoutEndIsRefused) {
  std::string options, behind;
  put_custom(options, recording::kEnd, std::string(60'000, ' '));
  for (size_t size = 0; size <= recording::kMostJson; size += 60'000)
    put_block(behind, recording::kInterfaceStatistics, std::string(12, '\0') + options);
  EXPECT_THAT(problem_with(behind), HasSubstr("more than 16777216 bytes of a summary"));
}

TEST(Limits, JsonOfAnyDepthOrNumberOfValuesIsRefused) {
  const auto refusal = [](const std::string& text) {
    try {
      (void)recording::parse_json(text);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  std::string many = "[0";
  for (size_t i = 0; i < recording::kMostJsonValues; i++) many += ",0";
  EXPECT_EQ(refusal(R"({"probes":[{"returns":{"names":[[0,"a"]]}}]})"), "");
  EXPECT_EQ(refusal(std::string(1'000'000, '[')), "more than 16 values in one another");
  EXPECT_EQ(refusal(many + "]"), "more than 1000000 values");
  EXPECT_EQ(refusal(std::string(recording::kMostJson + 1, ' ')), "more than 16777216 bytes");
  EXPECT_THAT(refusal("{"), HasSubstr("parse error"));
}

TEST(Limits, AWindowThatTakesTooMuchIsRefused) {
  const std::string bytes = recording_of_one();
  const std::string usual = compressed(bytes, recording::kMostWindow),
                    long_mode = compressed(bytes, recording::kMostWindow + 1);
  EXPECT_EQ(ReadBytes(usual).reader.problem(), "");
  EXPECT_THAT(ReadBytes(usual).records, SizeIs(1));
  EXPECT_TRUE(ReadBytes(long_mode).reader.is_broken());
  EXPECT_THAT(ReadBytes(long_mode).reader.problem(), HasSubstr("a window of more than 128 MiB"));
}

// Cut while compressed -----------------------------------------------------------------------------------------------

TEST(Compressed, CutAnywhereItIsReadToThereAndSaysSo) {
  const FakeNames names;
  RecordedFile file(names);
  for (uint32_t i = 0; i < 300; i++) file.add(full_record().mark(i * 2'654'435'761U).bytes());
  file.end();
  const std::string whole = compressed(file.bytes());
  ASSERT_EQ(ReadBytes(whole).reader.problem(), "");
  for (size_t size = 4; size < whole.size(); size += 3) {
    const std::string cut = whole.substr(0, size);
    const ReadBytes read(cut);
    const bool told = read.reader.problem().find("it was cut") != std::string::npos;
    ASSERT_EQ(read.reader.is_broken(), told) << "cut at byte " << size;
    ASSERT_TRUE(told || read.reader.ended()) << "cut at byte " << size << ": " << read.reader.problem();
  }
}

// Whoever has seen enough does not know how it ends.
TEST(Compressed, WhatWasNotReadToItsEndIsNotCut) {
  const FakeNames names;
  RecordedFile file(names);
  for (uint32_t i = 0; i < 6000; i++) file.add(full_record().mark(i * 2'654'435'761U).bytes());
  file.end();
  ASSERT_GT(file.bytes().size(), 1u << 20) << "more than is read at once";
  const std::string whole = compressed(file.bytes());
  recording::Reader reader("x", std::make_unique<recording::Input>(std::as_bytes(std::span(whole))));
  ASSERT_EQ(reader.next(), recording::Reader::Found::event);
  EXPECT_FALSE(reader.is_broken());
  while (reader.next() != recording::Reader::Found::end) continue;
  EXPECT_EQ(reader.problem(), "");
}

std::string gzipped(std::string_view bytes) {
  constexpr int kGzip = 16 + MAX_WBITS;
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Compressed, GzipIsReadAlsoInSeveralMembersAndCutAnywhere) {
  const FakeNames names;
  RecordedFile file(names);
  for (uint32_t i = 0; i < 300; i++) file.add(full_record().mark(i * 2'654'435'761U).bytes());
  file.end();
  const std::string bytes = file.bytes(), whole = gzipped(bytes);
  for (const auto& more : {std::string(), std::string(512, 0)}) {
    const std::string all = whole + more;
    const ReadBytes read(all);
    EXPECT_EQ(read.reader.problem(), "");
    EXPECT_THAT(read.records, SizeIs(300));
  }
  const std::string members = gzipped(bytes.substr(0, 10'000)) + gzipped(bytes.substr(10'000));
  const ReadBytes joined(members);
  EXPECT_EQ(joined.reader.problem(), "");
  EXPECT_THAT(joined.records, SizeIs(300));
  for (size_t size = 4; size < whole.size(); size += 7) {
    const std::string cut = whole.substr(0, size);
    const ReadBytes read(cut);
    ASSERT_TRUE(read.reader.is_broken()) << "cut at byte " << size;
    ASSERT_THAT(read.reader.problem(), HasSubstr("it was cut"));
  }
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 0x55);
  EXPECT_TRUE(ReadBytes(damaged).reader.is_broken());
  const std::string with_more = whole + "hello";
  const ReadBytes garbage(with_more);
  EXPECT_THAT(garbage.records, SizeIs(300));
  EXPECT_THAT(garbage.reader.problem(), HasSubstr("gzip: what follows"));
}

TEST(Compressed, AFlushedFileThatIsNotEndedIsNoCutOne) {
  const std::string bytes = recording_of_one();
  std::string flushed;
  Compressor().add(flushed, bytes);
  const ReadBytes read(flushed);
  EXPECT_THAT(read.records, SizeIs(1));
  EXPECT_EQ(read.reader.problem(), "");
  EXPECT_FALSE(read.reader.ended());
}

// Several files ------------------------------------------------------------------------------------------------------

uint64_t reads_of_this_process() {
  std::ifstream io("/proc/self/io");
  for (std::string word; io >> word;)
    if (uint64_t number = 0; word == "syscr:" && io >> number) return number;
  return 0;
}

TEST(Merge, AFileThatHasEndedIsNotAskedForEachEventOfTheOthers) {
  const TempDir directory;
  const FakeNames names;
  RecordedFile few(names), many(names);
  few.add(full_record().bytes());
  for (int i = 0; i < 20'000; i++) many.add(full_record().bytes());
  const std::string one = recording_of_one(), cut = compressed(few.bytes());
  std::ofstream(directory.path("few")) << one;
  std::ofstream(directory.path("cut")) << cut.substr(0, cut.size() - 9);
  std::ofstream(directory.path("many")) << many.bytes();
  recording::Merge files({directory.path("few"), directory.path("cut"), directory.path("many")});
  const uint64_t before = reads_of_this_process();
  size_t events = 0;
  while (files.next()) events++;
  EXPECT_GE(events, 20'001U);
  EXPECT_LT(reads_of_this_process() - before, 300U);
  EXPECT_TRUE(files.readers()[1]->is_broken());
  EXPECT_THAT(files.readers()[1]->problem(), HasSubstr("it was cut"));
}

}  // namespace
}  // namespace skbtrail::test
