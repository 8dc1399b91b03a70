#include "stream/kernel_ring.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace skbtrail::stream {

namespace {

size_t page_size() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

void* map_or_throw(size_t bytes, int protection, int fd, size_t offset) {
  void* at = mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (at == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "cannot map a BPF ring");
  return at;
}

}  // namespace

KernelRing::KernelRing(kernel::Fd map, uint32_t bytes) : map_(std::move(map)), bytes_(bytes) {
  if (!map_)
    throw std::system_error(errno, std::generic_category(), fmt::format("cannot create a BPF ring of {} bytes", bytes));
  size_t page = page_size();
  consumer_ = static_cast<std::atomic<uint64_t>*>(map_or_throw(page, PROT_READ | PROT_WRITE, map_.get(), 0));
  try {
    auto* rest = static_cast<std::byte*>(map_or_throw(page + 2 * bytes_, PROT_READ, map_.get(), page));
    producer_ = reinterpret_cast<std::atomic<uint64_t>*>(rest);
    entries_ = rest + page;
  } catch (...) {
    munmap(consumer_, page);
    throw;
  }
}

KernelRing::KernelRing(KernelRing&& other) noexcept
    : map_(std::move(other.map_)),
      bytes_(other.bytes_),
      consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)),
      entries_(other.entries_) {}

KernelRing::~KernelRing() {
  if (consumer_) munmap(consumer_, page_size());
  if (producer_) munmap(producer_, page_size() + 2 * bytes_);
}

}  // namespace skbtrail::stream
