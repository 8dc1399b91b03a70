// Writes all of it, interrupted or not; also to a descriptor that another made non-blocking.
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>

namespace skbtrail::io {

struct Written {
  size_t bytes = 0;  // also where it failed
  int error = 0;     // errno; ECANCELED where `stop` was true when it began, or when a signal interrupted it
};

Written write_all(int fd, std::string_view bytes, const std::atomic<bool>& stop);

// Whether a write may wait for a reader: at a pipe, a terminal, a socket; not at a file.
bool has_reader(int fd);

}  // namespace skbtrail::io
