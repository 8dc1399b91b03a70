#include "recording/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "recording/format.h"

namespace skbtrail::recording {

namespace {

constexpr size_t kSpare = 4;
constexpr int kLevel = 3;  // 20 times smaller, and still faster than events come

// How much of `bytes` was written is added to `written`. Returns the errno.
int write_bytes(int fd, std::string_view bytes, size_t& written) {
  while (written < bytes.size()) {
    const ssize_t some = write(fd, bytes.data() + written, bytes.size() - written);
    if (some >= 0) {
      written += static_cast<size_t>(some);
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// Bytes of the whole blocks among the first `size` of these.
size_t whole_blocks_in(std::string_view blocks, size_t size) {
  size_t whole = 0;
  for (uint32_t length = 0; whole + 8 <= blocks.size(); whole += length) {
    std::memcpy(&length, blocks.data() + whole + 4, sizeof(length));
    if (length < 12 || whole + length > size) break;
  }
  return whole;
}

struct CloseStream {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

// Where a number is put in.
std::pair<std::string, std::string> around_number(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  const size_t dot = std::min(path.find('.', name + 1), path.size());
  return {path.substr(0, dot) + "_", path.substr(dot)};
}

}  // namespace

struct Files::Compressor {
  std::unique_ptr<ZSTD_CCtx, CloseStream> context{ZSTD_createCCtx()};
  std::vector<char> room = std::vector<char>(ZSTD_CStreamOutSize());
};

std::string numbered(const std::string& path, uint32_t number) {
  const auto [before, behind] = around_number(path);
  return fmt::format("{}{:05}{}", before, number, behind);
}

Files::Files(Destination destination)
    : destination_(std::move(destination)), compressed_(destination_.path.ends_with(".zst")) {
  if (compressed_) {
    compressor_ = std::make_unique<Compressor>();
    if (!compressor_->context) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_checksumFlag, 1);
  }
  if (destination_.rotate_bytes) find_number();
  if (const int error = open_file())
    throw std::system_error(error, std::generic_category(), fmt::format("cannot write '{}'", name_));
  thread_ = std::thread([this] { run(); });
}

Files::~Files() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

// The highest number that an earlier run left.
void Files::find_number() {
  namespace fs = std::filesystem;
  const auto [before, behind] = around_number(destination_.path);
  const fs::path start(before);
  std::error_code ignored;
  std::vector<uint32_t> left;
  for (const auto& entry : fs::directory_iterator(start.has_parent_path() ? start.parent_path() : ".", ignored)) {
    const std::string name = entry.path().filename(), first = start.filename();
    constexpr size_t kDigits = 5;
    if (name.size() != first.size() + kDigits + behind.size() || !name.starts_with(first) || !name.ends_with(behind))
      continue;
    const std::string digits = name.substr(first.size(), kDigits);
    if (digits.find_first_not_of("0123456789") != std::string::npos) continue;
    left.push_back(static_cast<uint32_t>(std::stoul(digits)));
    number_ = std::max(number_, left.back());
  }
  for (const uint32_t number : left)
    if (destination_.keep && number + destination_.keep <= number_ + 1)
      unlink(numbered(destination_.path, number).c_str());
}

// The first file, or the next of the ring.
int Files::open_file() {
  if (destination_.path.empty()) {
    name_ = "standard output";
    fd_ = STDOUT_FILENO;
    return 0;
  }
  std::string name = destination_.path;
  if (destination_.rotate_bytes) {
    name = numbered(destination_.path, ++number_);
    if (destination_.keep && number_ > destination_.keep)
      unlink(numbered(destination_.path, number_ - destination_.keep).c_str());
  }
  {
    const std::lock_guard lock(mutex_);
    name_ = name;
  }
  kernel::Fd file(open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) return errno;
  fd_ = file.get();
  file_ = std::move(file);
  written_ = 0;
  return 0;
}

std::string Files::name() const {
  const std::lock_guard lock(mutex_);
  return name_;
}

bool Files::full() const {
  if (!destination_.rotate_bytes) return false;
  return (compressed_ ? written_.load() : handed_) >= destination_.rotate_bytes;
}

void Files::put_in(fmt::memory_buffer&& bytes, Do what) {
  waiting_bytes_ += bytes.size();
  waiting_.push_back({std::move(bytes), what});
  changed_.notify_all();
}

int Files::add(fmt::memory_buffer& buffer) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_bytes_ < kAhead; });
  handed_ += buffer.size();
  if (error_ == 0 && buffer.size() > 0) {
    put_in(std::move(buffer), Do::write);
    buffer = fmt::memory_buffer();
    if (!spare_.empty()) {
      buffer = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  buffer.clear();
  return error_;
}

void Files::begin_next() {
  const std::lock_guard lock(mutex_);
  handed_ = 0;
  written_ = 0;
  put_in(fmt::memory_buffer(), Do::next);
}

int Files::finish() {
  std::unique_lock lock(mutex_);
  put_in(fmt::memory_buffer(), Do::finish);
  changed_.wait(lock, [this] { return waiting_.empty(); });
  return error_;
}

// `whole_blocks`: the same bytes where they are not compressed, so that it is known where blocks end.
int Files::put(std::string_view bytes, std::string_view whole_blocks) {
  size_t written = 0;
  const int error = write_bytes(fd_, bytes, written);
  if (error && file_ && !whole_blocks.empty()) {
    const uint64_t end = written_ + whole_blocks_in(whole_blocks, written);
    if (ftruncate(fd_, static_cast<off_t>(end)) != 0) return error;  // the reader finds the end by itself
  }
  written_ += written;
  return error;
}

int Files::write_piece(std::string_view bytes) {
  if (!compressed_) return put(bytes, bytes);
  ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
  for (size_t left = 1; left != 0 || from.pos < from.size;) {
    ZSTD_outBuffer to{compressor_->room.data(), compressor_->room.size(), 0};
    left = ZSTD_compressStream2(compressor_->context.get(), &to, &from, ZSTD_e_flush);
    if (ZSTD_isError(left)) return EIO;
    if (const int error = put({compressor_->room.data(), to.pos}, {})) return error;
  }
  return 0;
}

int Files::end_frame() {
  if (!compressed_) return 0;
  ZSTD_inBuffer nothing{nullptr, 0, 0};
  for (size_t left = 1; left != 0;) {
    ZSTD_outBuffer to{compressor_->room.data(), compressor_->room.size(), 0};
    left = ZSTD_compressStream2(compressor_->context.get(), &to, &nothing, ZSTD_e_end);
    if (ZSTD_isError(left)) return EIO;
    if (const int error = put({compressor_->room.data(), to.pos}, {})) return error;
  }
  return 0;
}

int Files::carry_out(const Piece& piece) {
  switch (piece.what) {
    case Do::write: return write_piece({piece.bytes.data(), piece.bytes.size()});
    case Do::finish: return end_frame();
    case Do::next:
      if (const int error = end_frame()) return error;
      return open_file();
  }
  return 0;
}

void Files::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Piece& next = waiting_.front();  // stays where it is while others are added
    int error = error_;
    lock.unlock();
    if (error == 0) error = carry_out(next);
    lock.lock();
    error_ = error;
    waiting_bytes_ -= waiting_.front().bytes.size();
    if (spare_.size() < kSpare && waiting_.front().what == Do::write) {
      waiting_.front().bytes.clear();
      spare_.push_back(std::move(waiting_.front().bytes));
    }
    waiting_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace skbtrail::recording
