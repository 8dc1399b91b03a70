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

std::vector<uint64_t> unpacked(const std::vector<uint8_t>& packed) {
  std::vector<uint64_t> words(2000);
  const size_t count = unpack(packed, words.data(), words.size());
  EXPECT_LE(count, words.size());
  words.resize(std::min(count, words.size()));
  return words;
}

TEST(Packed, WordsComeBackAsTheyWere) {
  const std::vector<uint64_t> words{0, 0, 0, 1, 0xff00, UINT64_MAX, 0, 0xffff888001234500, 0, 0};
  EXPECT_EQ(unpacked(pack(words)), words);
  EXPECT_EQ(unpacked(pack({})), std::vector<uint64_t>{});
}

TEST(Packed, ZerosTakeTwoBytesForAsManyAs256Words) {
  EXPECT_EQ(pack(std::vector<uint64_t>(256)).size(), 2U);
  EXPECT_EQ(pack(std::vector<uint64_t>(257)).size(), 4U);
  EXPECT_EQ(unpacked(pack(std::vector<uint64_t>(1000))).size(), 1000U);
}

TEST(Packed, WhatNobodyPackedIsRefused) {
  uint64_t words[2] = {};
  EXPECT_EQ(unpack(std::vector<uint8_t>{0}, words, 2), SIZE_MAX);           // a run without its length
  EXPECT_EQ(unpack(std::vector<uint8_t>{0xff, 1, 2}, words, 2), SIZE_MAX);  // eight bytes, of which two are there
  EXPECT_EQ(unpack(std::vector<uint8_t>{0, 2}, words, 2), SIZE_MAX);        // three words where two have room
  EXPECT_EQ(unpack(std::vector<uint8_t>{1, 1, 1, 1, 1, 1}, words, 2), SIZE_MAX);
}

}  // namespace
}  // namespace skbtrail::recording
