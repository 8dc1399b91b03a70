// A file that is written from its beginning, by this process alone: what two write to the same file is of no use, and
// each would say that all of it was written.
#pragma once

#include <string>

#include "io/fd.h"

namespace skbtrail::io {

// Empty, and locked (flock(2)) until the descriptor is closed, where it is a regular file. Nothing, with errno: EBUSY
// where another process has it so.
Fd open_own_file(const std::string& path);

// It could not be opened: throws std::system_error, of EBUSY std::runtime_error with words of its own.
[[noreturn]] void throw_not_opened(const std::string& path, int error);

}  // namespace skbtrail::io
