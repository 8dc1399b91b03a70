// The text of files that the kernel makes as they are read, and which have no size.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace skbtrail::kernel {

// All from `fd` on, which stays open; nothing, with errno, where it cannot be read. `expected` bytes are made room for
// at once: growing copies, and who reads megabytes feels it.
std::optional<std::string> whole_file(int fd, size_t expected = 64 << 10);
std::optional<std::string> whole_file(const char* path, size_t expected = 64 << 10);

}  // namespace skbtrail::kernel
