// 64-bit words, most of whose bytes are zero, in few bytes. For each word:
//
//   | which | bytes that are not zero, the lowest first |      bit i of `which`: byte i follows
//   | 0 | n |                                                  this word is zero, and n more behind it
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace skbtrail::recording {

// Bytes that `words` words can take, and a few that pack() may touch behind them.
constexpr size_t packed_room(size_t words) {
  return 9 * words + 8;
}

class Packer {
 public:
  explicit Packer(uint8_t* to) : to_(to) {}

  void add(uint64_t word) {
    if (word == 0) {
      if (zeros_ && *zeros_ < UINT8_MAX) {
        ++*zeros_;
        return;
      }
      *to_++ = 0;
      zeros_ = to_;
      *to_++ = 0;
      return;
    }
    zeros_ = nullptr;
    uint8_t* which = to_++;
    unsigned mask = 0;
    for (unsigned i = 0; i < 8; i++) {
      const auto byte = static_cast<uint8_t>(word >> (8 * i));
      *to_ = byte;
      to_ += byte != 0;
      mask |= static_cast<unsigned>(byte != 0) << i;
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
  [[nodiscard]] uint8_t* end() const { return to_; }

 private:
  uint8_t* to_;
  uint8_t* zeros_ = nullptr;
};

// At most `room` words to `to`; how many there were, or SIZE_MAX if the bytes are nothing that Packer writes, or more.
size_t unpack(std::span<const uint8_t> packed, uint64_t* to, size_t room);

}  // namespace skbtrail::recording
