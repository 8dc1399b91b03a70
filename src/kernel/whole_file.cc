#include "kernel/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "kernel/fd.h"

namespace skbtrail::kernel {

std::optional<std::string> whole_file(int fd) {
  constexpr size_t kAtOnce = 64 << 10;
  std::string text;
  for (;;) {
    const size_t before = text.size();
    text.resize(before + kAtOnce);
    const ssize_t length = read(fd, text.data() + before, kAtOnce);
    text.resize(before + static_cast<size_t>(length > 0 ? length : 0));
    if (length <= 0) return length == 0 ? std::optional(std::move(text)) : std::nullopt;
  }
}

std::optional<std::string> whole_file(const char* path) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  return file ? whole_file(file.get()) : std::nullopt;
}

}  // namespace skbtrail::kernel
