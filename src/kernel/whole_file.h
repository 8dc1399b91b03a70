// The text of files that the kernel makes as they are read, and which have no size.
#pragma once

#include <optional>
#include <string>

namespace skbtrail::kernel {

// All from `fd` on, which stays open; nothing, with errno, where it cannot be read.
std::optional<std::string> whole_file(int fd);
std::optional<std::string> whole_file(const char* path);

}  // namespace skbtrail::kernel
