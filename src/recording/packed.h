// 64-bit words, most of whose bytes are zero, in few bytes:
//
//   | n | then for each eight words:  | words | for each word that is not zero:  | bytes | those, the lowest first |
//
//   n       how many words the last eight are: 1 to 8
//   words   bit i: word i of these eight is not zero
//   bytes   bit i: byte i of the word is not zero
//
// Version 1 of recordings (format.h) had for each word:
//
//   | bytes | those, the lowest first |
//   | 0 | n |                               this word is zero, and n more after it
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace skbtrail::recording {

// Bytes that `words` words can take, and a few that Packer may touch after them.
constexpr size_t packed_room(size_t words) {
  return 9 * words + words / 8 + 16;
}

class Packer {
 public:
  explicit Packer(uint8_t* to) : in_last_(to), to_(to + 1) { *in_last_ = 0; }

  void add(uint64_t word) {
    const unsigned i = count_++ % 8;
    if (i == 0) {
      words_ = to_++;
      *words_ = 0;
    }
    if (word == 0) return;
    *words_ = static_cast<uint8_t>(*words_ | 1u << i);
    uint8_t* which = to_++;
    unsigned mask = 0;
    for (unsigned at = 0; at < 8; at++) {
      const auto byte = static_cast<uint8_t>(word >> (8 * at));
      *to_ = byte;
      to_ += byte != 0;
      mask |= static_cast<unsigned>(byte != 0) << at;
    }
    *which = static_cast<uint8_t>(mask);
  }
  void add(std::span<const std::byte> words) {
    for (size_t at = 0; at + sizeof(uint64_t) <= words.size(); at += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, words.data() + at, sizeof(word));
      add(word);
    }
  }
  // After the last byte; nothing is added any more.
  [[nodiscard]] uint8_t* end() {
    if (count_) *in_last_ = static_cast<uint8_t>((count_ - 1) % 8 + 1);
    return to_;
  }

 private:
  uint8_t* in_last_;
  uint8_t* to_;
  uint8_t* words_ = nullptr;
  unsigned count_ = 0;
};

// At most `room` words to `to`; how many there were, or SIZE_MAX if the bytes are nothing that Packer writes, or more.
size_t unpack(std::span<const uint8_t> packed, uint64_t* to, size_t room);
// The same of version 1.
size_t unpack_version_1(std::span<const uint8_t> packed, uint64_t* to, size_t room);

}  // namespace skbtrail::recording
