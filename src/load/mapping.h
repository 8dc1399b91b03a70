// Memory of a BPF map that is shared with the kernel.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

namespace skbtrail::load {

// Owns the mapping. Throws std::system_error where the kernel refuses.
class Mapping {
 public:
  Mapping(int map, size_t bytes, int protection, size_t offset = 0)
      : at_(mmap(nullptr, bytes, protection, MAP_SHARED, map, static_cast<off_t>(offset))), bytes_(bytes) {
    if (at_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "cannot map a BPF map");
  }
  Mapping(Mapping&& other) noexcept : at_(std::exchange(other.at_, MAP_FAILED)), bytes_(other.bytes_) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() {
    if (at_ != MAP_FAILED) munmap(at_, bytes_);
  }

  template <typename T>
  [[nodiscard]] T* as() const {
    return static_cast<T*>(at_);
  }

 private:
  void* at_;
  size_t bytes_;
};

}  // namespace skbtrail::load
