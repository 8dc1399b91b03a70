// The bytes of a file from its front to its end, decompressed where they are zstd's or gzip's (told by their first
// bytes, not by the name). Reads ahead into a buffer; holds no more than the longest piece that was asked for.
//
// What was not there yet may be there later: after want() was false, it may be called again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/fd.h"
#include "recording/decompressor.h"

namespace skbtrail::recording {

class Input {
 public:
  // "-": standard input. Throws std::system_error.
  explicit Input(const std::string& path);
  // For tests: bytes in memory, which are borrowed.
  explicit Input(std::span<const std::byte> bytes);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input();

  // Whether the next `size` bytes are there. Throws std::system_error where reading fails.
  bool want(size_t size);
  // Those that are there; valid until the next call of want().
  [[nodiscard]] std::span<const std::byte> bytes() const { return {buffer_.data() + at_, end_ - at_}; }
  // Goes over bytes that are there.
  void take(size_t size) {
    at_ += size;
    offset_ += size;
  }

  // Of the next byte, decompressed.
  [[nodiscard]] uint64_t offset() const { return offset_; }
  // Whether what is compressed ends without its end; of what was not read to there nothing is known.
  using Cut = Decompressor::Cut;
  [[nodiscard]] Cut cut() const { return decompressor_ && is_at_end_ ? decompressor_->cut() : Cut::no; }
  // Something may come later where nothing is now: not out of a pipe that no process writes to any more, nor after what
  // cannot be decompressed.
  [[nodiscard]] bool may_grow() const { return !is_drained_ && problem().empty(); }
  // Why nothing more can come, where that is not just the end.
  [[nodiscard]] const std::string& problem() const { return decompressor_ ? decompressor_->problem() : no_problem_; }

 private:
  size_t read_some(std::byte* to, size_t size);
  size_t read_raw(std::byte* to, size_t size);
  size_t decompress(std::byte* to, size_t size);
  void find_compression();

  std::string path_;
  io::Fd file_;
  int fd_ = -1;
  bool is_pipe_ = false, is_drained_ = false;
  bool is_at_end_ = false;  // there was nothing more when it was read last
  std::span<const std::byte> memory_;
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<std::byte> compressed_;  // read, and to be decompressed from compressed_at_ on
  size_t compressed_at_ = 0;
  bool looked_ = false;  // whether it is compressed
  std::vector<std::byte> buffer_;
  size_t at_ = 0, end_ = 0;
  uint64_t offset_ = 0;
  std::string no_problem_;
};

}  // namespace skbtrail::recording
