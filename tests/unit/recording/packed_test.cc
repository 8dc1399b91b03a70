#include "recording/packed.h"

#include <gtest/gtest.h>

#include <vector>

namespace skbtrail::recording {
namespace {

std::vector<uint8_t> pack(const std::vector<uint64_t>& words) {
  std::vector<uint8_t> packed(packed_room(words.size()));
  Packer packer(packed.data());
  packer.add(std::as_bytes(std::span(words)));
  packed.resize(static_cast<size_t>(packer.end() - packed.data()));
  return packed;
}

using Unpack = size_t(std::span<const uint8_t>, uint64_t*, size_t);

std::vector<uint64_t> unpacked(const std::vector<uint8_t>& packed, Unpack* by = unpack) {
  std::vector<uint64_t> words(2008);
  const size_t count = by(packed, words.data(), words.size());
  EXPECT_LE(count, words.size());
  words.resize(std::min(count, words.size()));
  return words;
}

TEST(Packed, WordsComeBackAsTheyWere) {
  const std::vector<uint64_t> words{0, 0, 0, 1, 0xff00, UINT64_MAX, 0, 0xffff888001234500, 0, 0};
  EXPECT_EQ(unpacked(pack(words)), words);
  EXPECT_EQ(unpacked(pack({})), std::vector<uint64_t>{});
}

TEST(Packed, AnyNumberOfWordsComesBack) {
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 100; i++) {
    EXPECT_EQ(unpacked(pack(words)), words);
    words.push_back(i % 3 ? 0 : i << i % 60);
  }
}

TEST(Packed, ZerosTakeAByteForEightWords) {
  EXPECT_EQ(pack(std::vector<uint64_t>(256)).size(), 33U);
  EXPECT_EQ(pack(std::vector<uint64_t>(257)).size(), 34U);
}

TEST(Packed, WhatNobodyPackedIsRefused) {
  uint64_t words[8] = {};
  const auto refused = [&](std::vector<uint8_t> packed, size_t room = 8) {
    return unpack(packed, words, room) == SIZE_MAX;
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({1}));              // a word that is not there
  EXPECT_TRUE(refused({0, 0}));           // none, and one
  EXPECT_TRUE(refused({9, 0}));           // more than eight
  EXPECT_TRUE(refused({1, 1}));           // nothing of which bytes
  EXPECT_TRUE(refused({1, 1, 0xff, 1}));  // eight bytes, of which one is there
  EXPECT_TRUE(refused({1, 0}, 7));        // no room
  EXPECT_FALSE(refused({1, 0}));
}

TEST(Packed, VersionOneIsUnpacked) {
  EXPECT_EQ(unpacked({0, 2, 1, 7, 0x82, 5, 6}, unpack_version_1),
            (std::vector<uint64_t>{0, 0, 0, 7, 0x0600000000000500}));
  uint64_t words[2] = {};
  const auto refused = [&](std::vector<uint8_t> packed) { return unpack_version_1(packed, words, 2) == SIZE_MAX; };
  EXPECT_TRUE(refused({0}));           // a run without its length
  EXPECT_TRUE(refused({0xff, 1, 2}));  // eight bytes, of which two are there
  EXPECT_TRUE(refused({0, 2}));        // three words where two have room
  EXPECT_TRUE(refused({1, 1, 1, 1, 1, 1}));
}

}  // namespace
}  // namespace skbtrail::recording
