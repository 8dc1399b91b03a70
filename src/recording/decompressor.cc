#include "recording/decompressor.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>

#include "recording/limits.h"

namespace skbtrail::recording {

namespace {

struct CloseStream {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class Zstd : public Decompressor {
 public:
  static constexpr std::array<unsigned char, 4> kBegin{0x28, 0xb5, 0x2f, 0xfd};

  Zstd() {
    if (!context_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMostWindow);
  }

  Step step(std::span<const std::byte> from, std::span<std::byte> to) override {
    ZSTD_inBuffer in{from.data(), from.size(), 0};
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    const size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
    if (ZSTD_isError(result)) {
      problem_ = "zstd: " + why(result);
    } else {
      awaited_ = result;
      has_output_ = out.pos == out.size;
    }
    return {in.pos, out.pos};
  }

  [[nodiscard]] bool holds_back() const override { return has_output_; }

  [[nodiscard]] Cut cut() const override {
    constexpr size_t kBlockHeader = 3;  // RFC 8878: what is wanted at a block's end, where a writer may flush
    if (awaited_ == 0 || !problem_.empty()) return Cut::no;
    return awaited_ == kBlockHeader ? Cut::between_blocks : Cut::in_block;
  }

 private:
  static std::string why(size_t result) {
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
      return fmt::format("it wants a window of more than {} MiB to decompress (zstd --long)",
                         (1u << kMostWindow) >> 20);
    return ZSTD_getErrorName(result);
  }

  std::unique_ptr<ZSTD_DCtx, CloseStream> context_{ZSTD_createDCtx()};
  bool has_output_ = false;
  size_t awaited_ = 0;  // bytes of the frame that it would like next, 0: the frame is whole
};

class Gzip : public Decompressor {
 public:
  static constexpr std::array<unsigned char, 3> kBegin{0x1f, 0x8b, 8};  // deflate is the only method

  Gzip() {
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, kGzipOnly + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { inflateEnd(&stream_); }

  Step step(std::span<const std::byte> from, std::span<std::byte> to) override {
    constexpr size_t kMost = std::numeric_limits<uInt>::max();
    from = from.first(std::min(from.size(), kMost));
    to = to.first(std::min(to.size(), kMost));
    if (at_end_ && !begin_next(from)) return {from.size(), 0};
    // zlib takes no pointers to const without a macro of its own, and changes nothing there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data()));
    stream_.avail_in = static_cast<uInt>(from.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to.data());
    stream_.avail_out = static_cast<uInt>(to.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    at_end_ = result == Z_STREAM_END;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      problem_ = fmt::format("gzip: {}", stream_.msg ? stream_.msg : zError(result));
    has_output_ = !at_end_ && stream_.avail_out == 0;
    return {from.size() - stream_.avail_in, to.size() - stream_.avail_out};
  }

  [[nodiscard]] bool holds_back() const override { return has_output_; }
  [[nodiscard]] Cut cut() const override { return at_end_ || !problem_.empty() ? Cut::no : Cut::in_block; }

 private:
  // What is after: another member, or zeros, with which a tape is filled up. Anything else is not gzip's.
  bool begin_next(std::span<const std::byte> from) {
    const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
    if (std::all_of(from.begin(), from.end(), is_zero)) return false;
    if (from.front() != std::byte{kBegin[0]}) {
      problem_ = "gzip: what follows the compressed bytes is not gzip's";
      return false;
    }
    inflateReset(&stream_);
    at_end_ = false;
    return true;
  }

  z_stream stream_{};
  bool has_output_ = false, at_end_ = false;
};

template <typename Kind>
bool begins(std::span<const std::byte> bytes) {
  return bytes.size() >= Kind::kBegin.size() &&
         std::memcmp(bytes.data(), Kind::kBegin.data(), Kind::kBegin.size()) == 0;
}

}  // namespace

std::unique_ptr<Decompressor> Decompressor::of(std::span<const std::byte> begin) {
  if (begins<Zstd>(begin)) return std::make_unique<Zstd>();
  if (begins<Gzip>(begin)) return std::make_unique<Gzip>();
  return nullptr;
}

}  // namespace skbtrail::recording
