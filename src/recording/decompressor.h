// What is compressed, piece by piece: zstd (RFC 8878) and gzip (RFC 1952), several of them after each other included.
// No made-up bytes do harm; memory is bounded (limits.h).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace skbtrail::recording {

class Decompressor {
 public:
  // By the first bytes of a file, of which kMagic are enough. Null: these are not compressed.
  static constexpr size_t kMagic = 4;
  static std::unique_ptr<Decompressor> of(std::span<const std::byte> begin);

  Decompressor() = default;
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  virtual ~Decompressor() = default;

  struct Step {
    size_t taken = 0, made = 0;  // bytes
  };
  // Some of `from` to `to`, which has room for at least one byte. Where `from` is empty, what is left over inside; not
  // to be called then unless holds_back().
  virtual Step step(std::span<const std::byte> from, std::span<std::byte> to) = 0;
  // There may be more of what was taken, for which there was no room.
  [[nodiscard]] virtual bool holds_back() const = 0;

  // Whether what was taken ends without its end. A file that is still being written does, where its writer flushed.
  enum class Cut : uint8_t { no, between_blocks, in_block };
  [[nodiscard]] virtual Cut cut() const = 0;

  // What is wrong with the bytes; nothing more comes then.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 protected:
  std::string problem_;
};

}  // namespace skbtrail::recording
