#include "recording/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "recording/limits.h"

namespace skbtrail::recording {

namespace {

constexpr size_t kAtOnce = 1u << 20;
constexpr std::array<unsigned char, 4> kZstd{0x28, 0xb5, 0x2f, 0xfd};

struct CloseStream {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::string why(size_t result) {
  if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
    return fmt::format("it wants a window of more than {} MiB to decompress (zstd --long)", (1u << kMostWindow) >> 20);
  return ZSTD_getErrorName(result);
}

}  // namespace

struct Input::Decompressor {
  std::unique_ptr<ZSTD_DCtx, CloseStream> context{ZSTD_createDCtx()};
  std::vector<std::byte> compressed = std::vector<std::byte>(kAtOnce);
  ZSTD_inBuffer from{compressed.data(), 0, 0};
  bool has_output = false;  // the decoder holds bytes that there was no room for
  size_t awaited = 0;       // bytes of the frame that it would like next, 0: the frame is whole
};

Input::Input(const std::string& path) : path_(path) {
  if (path == "-") {
    path_ = "standard input";
    fd_ = STDIN_FILENO;
    return;
  }
  file_ = kernel::Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_) throw std::system_error(errno, std::generic_category(), fmt::format("cannot read '{}'", path));
  fd_ = file_.get();
}

Input::Input(std::span<const std::byte> bytes) : memory_(bytes) {}

Input::~Input() = default;

size_t Input::read_raw(std::byte* to, size_t size) {
  if (fd_ < 0) {
    const size_t some = std::min(size, memory_.size());
    if (some) std::memcpy(to, memory_.data(), some);
    memory_ = memory_.subspan(some);
    return some;
  }
  for (;;) {
    const ssize_t some = read(fd_, to, size);
    if (some >= 0) return static_cast<size_t>(some);
    if (errno == EINTR) return 0;  // a signal: the caller asks again if it wants to
    throw std::system_error(errno, std::generic_category(), fmt::format("cannot read '{}'", path_));
  }
}

size_t Input::decompress(std::byte* to, size_t size) {
  auto& decoder = *decompressor_;
  auto& from = decoder.from;
  ZSTD_outBuffer out{to, size, 0};
  while (out.pos == 0 && problem_.empty()) {
    if (from.pos == from.size && !decoder.has_output) {
      from.pos = 0;
      from.size = read_raw(decoder.compressed.data(), decoder.compressed.size());
      if (from.size == 0) break;  // without bytes the decoder takes a further call for a mistake
    }
    const size_t result = ZSTD_decompressStream(decoder.context.get(), &out, &from);
    if (ZSTD_isError(result)) {
      problem_ = fmt::format("zstd: {}", why(result));
    } else {
      decoder.awaited = result;
      decoder.has_output = out.pos == out.size;
    }
  }
  return out.pos;
}

Input::Cut Input::cut() const {
  constexpr size_t kBlockHeader = 3;  // RFC 8878: what the decoder wants at a block's end, where a writer may flush
  if (!decompressor_ || decompressor_->awaited == 0 || !problem_.empty()) return Cut::no;
  return decompressor_->awaited == kBlockHeader ? Cut::between_blocks : Cut::in_block;
}

size_t Input::read_some(std::byte* to, size_t size) {
  return decompressor_ ? decompress(to, size) : read_raw(to, size);
}

// With the first bytes in the buffer, not compressed yet as far as anybody knows.
void Input::find_compression() {
  looked_ = true;
  if (end_ < kZstd.size() || std::memcmp(buffer_.data(), kZstd.data(), kZstd.size()) != 0) return;
  decompressor_ = std::make_unique<Decompressor>();
  if (!decompressor_->context) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(decompressor_->context.get(), ZSTD_d_windowLogMax, kMostWindow);
  std::memcpy(decompressor_->compressed.data(), buffer_.data(), end_);
  decompressor_->from.size = end_;
  end_ = 0;
}

bool Input::want(size_t size) {
  if (end_ - at_ >= size) return true;
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
    end_ -= at_;
    at_ = 0;
  }
  // The rest of a piece that is longer than usual comes as it comes, so that a lie about its length costs nothing.
  while (end_ < size) {
    if (buffer_.size() - end_ < kAtOnce / 2) buffer_.resize(std::max(kAtOnce, buffer_.size() * 2));
    const size_t room = looked_ ? buffer_.size() - end_ : std::min(buffer_.size() - end_, kAtOnce);
    const size_t some = read_some(buffer_.data() + end_, room);
    if (some == 0) return false;
    end_ += some;
    if (!looked_ && end_ >= kZstd.size()) find_compression();
  }
  return true;
}

}  // namespace skbtrail::recording
