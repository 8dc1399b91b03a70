// Cursor: the only place in this room that touches packet bytes.
//
// A header may be missing bytes for two very different reasons, and a tracer must not mix them up: our copy
// was cut (the snap length), or the packet itself is too small for the header it claims to carry. So a cursor
// knows two ends: where the copied bytes end and where the packet ends, as told by the device and then, more
// narrowly, by the IP header. A read that fails moves nothing and says in shortage() which of the two ends it
// hit.
//
// Multi-byte numbers are read big-endian. A Cursor borrows the bytes; it is cheap to copy.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace skbtrail::packet {

class Cursor {
 public:
  enum class Shortage : uint8_t { none, cut, short_packet };

  // `packet_len`: bytes of the packet from the first of `bytes` on; nullopt if it is not known. Bytes after the
  // end of the packet are not looked at.
  Cursor(std::span<const uint8_t> bytes, std::optional<uint32_t> packet_len) noexcept
      : begin_(bytes.data()), next_(bytes.data()), copied_(bytes.size()), packet_(packet_len ? *packet_len : kEndless) {
    copied_ = static_cast<size_t>(std::min<uint64_t>(copied_, packet_));
  }

  template <std::unsigned_integral T>
  [[nodiscard]] bool read(T& value) noexcept {
    if (!has(sizeof(T))) return false;
    T raw;
    std::memcpy(&raw, next_, sizeof(T));
    value = from_big_endian(raw);
    advance(sizeof(T));
    return true;
  }

  template <size_t N>
  [[nodiscard]] bool read(std::array<uint8_t, N>& value) noexcept {
    if (!has(N)) return false;
    std::memcpy(value.data(), next_, N);
    advance(N);
    return true;
  }

  // The next byte without moving on; nullopt, and no shortage noted, if there is none.
  [[nodiscard]] std::optional<uint8_t> peek() const noexcept {
    return copied_ == 0 ? std::nullopt : std::optional<uint8_t>(*next_);
  }

  [[nodiscard]] bool skip(size_t count) noexcept {
    if (!has(count)) return false;
    advance(count);
    return true;
  }

  // From here on the packet has no more than `count` bytes: a header said so.
  void narrow(uint64_t count) noexcept {
    packet_ = std::min(packet_, count);
    copied_ = static_cast<size_t>(std::min<uint64_t>(copied_, packet_));
  }

  // Bytes of the packet (not of the copy) still ahead; nullopt if unknown.
  [[nodiscard]] std::optional<uint32_t> packet_left() const noexcept {
    return packet_ == kEndless ? std::nullopt : std::optional<uint32_t>(static_cast<uint32_t>(packet_));
  }

  // Bytes from the first one to the next one.
  [[nodiscard]] uint32_t offset() const noexcept { return static_cast<uint32_t>(next_ - begin_); }

  // Which end the first failed read hit.
  [[nodiscard]] Shortage shortage() const noexcept { return shortage_; }

 private:
  static constexpr uint64_t kEndless = UINT64_MAX;

  template <std::unsigned_integral T>
  static T from_big_endian(T raw) noexcept {
    if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
      return raw;
    } else if constexpr (sizeof(T) == 2) {
      return __builtin_bswap16(raw);
    } else {
      static_assert(sizeof(T) == 4);
      return __builtin_bswap32(raw);
    }
  }

  bool has(size_t count) noexcept {
    if (count <= copied_) return true;
    if (shortage_ == Shortage::none) shortage_ = count > packet_ ? Shortage::short_packet : Shortage::cut;
    return false;
  }

  void advance(size_t count) noexcept {
    next_ += count;
    copied_ -= count;
    if (packet_ != kEndless) packet_ -= count;
  }

  const uint8_t* begin_;
  const uint8_t* next_;
  size_t copied_;
  uint64_t packet_;
  Shortage shortage_ = Shortage::none;
};

}  // namespace skbtrail::packet
