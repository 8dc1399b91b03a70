#include "recording/files.h"

#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "io/own_file.h"
#include "recording/format.h"

namespace skbtrail::recording {

namespace {

constexpr int kLevel = 3;  // 20 times smaller, and still faster than events come

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
  const auto [prefix, suffix] = around_number(path);
  return fmt::format("{}{:05}{}", prefix, number, suffix);
}

std::optional<uint32_t> number_in(const std::string& ring, std::string_view name) {
  const auto [prefix, suffix] = around_number(ring);
  if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix))
    return std::nullopt;
  const std::string_view digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || numbered(ring, number) != name) return std::nullopt;
  return number;
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
  if (const int error = open_file()) io::throw_not_opened(name_, error);
  has_reader_ = io::has_reader(fd_);
  writer_ = std::make_unique<io::BackgroundWriter>(
      has_reader_ ? io::BackgroundWriter::kAheadOfReader : io::BackgroundWriter::kAheadOfDisk,
      [this](const io::Batch& batch, const Stop& stop) { return write(batch, stop); });
}

Files::~Files() = default;

// The highest number that an earlier run left.
void Files::find_number() {
  namespace fs = std::filesystem;
  const fs::path ring(destination_.path);
  std::error_code ignored;
  std::vector<uint32_t> left;
  for (const auto& entry : fs::directory_iterator(ring.has_parent_path() ? ring.parent_path() : ".", ignored)) {
    const auto number = number_in(ring.filename(), entry.path().filename().native());
    if (!number) continue;
    left.push_back(*number);
    number_ = std::max(number_, *number);
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
    const std::lock_guard lock(name_mutex_);
    name_ = name;
  }
  io::Fd file = io::open_own_file(name);
  if (!file) return errno;
  fd_ = file.get();
  file_ = std::move(file);
  written_ = size_ = 0;
  return 0;
}

std::string Files::name() const {
  const std::lock_guard lock(name_mutex_);
  return name_;
}

bool Files::full() const {
  if (!destination_.rotate_bytes) return false;
  return (compressed_ ? written_.load() : handed_) >= destination_.rotate_bytes;
}

int Files::add(io::Batch& batch) {
  handed_ += batch.size();
  writer_->add(batch);
  return writer_->error();
}

void Files::begin_next() {
  handed_ = 0;
  written_ = 0;
  writer_->add([this](const Stop& stop) {
    if (const int error = end_frame(stop)) return error;
    if (const int error = close_file()) return error;
    return open_file();
  });
}

int Files::finish() {
  writer_->add([this](const Stop& stop) {
    const int error = end_frame(stop);
    return error ? error : close_file();
  });
  return writer_->wait();
}

// Some file systems tell only here that there was no room (write(2), close(2): NFS, quotas).
int Files::close_file() {
  if (!file_) return 0;
  fd_ = -1;
  return close(file_.release()) == 0 ? 0 : errno;
}

int Files::put(std::string_view bytes, const Stop& stop) {
  const io::Written put = io::write_all(fd_, bytes, stop);
  written_ += put.bytes;
  size_ += put.bytes;
  return put.error;
}

// Where it cannot be cut (a pipe) the reader finds the end by itself.
void Files::cut_at(uint64_t end) {
  if (file_ && ftruncate(fd_, static_cast<off_t>(end)) == 0) size_ = end;
}

io::Written Files::write_blocks(std::string_view blocks, const Stop& stop) {
  const uint64_t begin = size_;
  io::Written written;
  written.error = put(blocks, stop);
  written.bytes = blocks.size();
  if (!written.error) return written;
  written.bytes = whole_blocks_in(blocks, size_ - begin);
  cut_at(begin + written.bytes);
  return written;
}

int Files::compress(std::string_view bytes, int how, const Stop& stop) {
  ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
  for (size_t left = 1; left != 0 || from.pos < from.size;) {
    ZSTD_outBuffer to{compressor_->room.data(), compressor_->room.size(), 0};
    left = ZSTD_compressStream2(compressor_->context.get(), &to, &from, static_cast<ZSTD_EndDirective>(how));
    if (ZSTD_isError(left)) return EIO;
    if (const int error = put({compressor_->room.data(), to.pos}, stop)) return error;
  }
  return 0;
}

io::Written Files::write_compressed(std::string_view blocks, const Stop& stop) {
  const uint64_t begin = size_;
  const int error = compress(blocks, ZSTD_e_flush, stop);
  if (!error) return {blocks.size(), 0};
  cut_at(begin);
  return {0, error};
}

io::Written Files::write(const io::Batch& batch, const Stop& stop) {
  const std::string_view blocks(batch.bytes.data(), batch.size());
  return compressed_ ? write_compressed(blocks, stop) : write_blocks(blocks, stop);
}

int Files::end_frame(const Stop& stop) {
  return compressed_ ? compress({}, ZSTD_e_end, stop) : 0;
}

}  // namespace skbtrail::recording
