#include "kernel/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "kernel/fd.h"

namespace skbtrail::kernel {

std::optional<std::string> whole_file(int fd, size_t expected) {
  constexpr size_t kPage = 4 << 10;  // the kernel gives as much at a time
  std::string text(expected, '\0');
  size_t length = 0;
  for (;;) {
    if (text.size() - length < kPage) text.resize(2 * text.size() + kPage);
    const ssize_t more = read(fd, text.data() + length, text.size() - length);
    if (more < 0) return std::nullopt;
    if (more == 0) break;
    length += static_cast<size_t>(more);
  }
  text.resize(length);
  return text;
}

std::optional<std::string> whole_file(const char* path, size_t expected) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  return file ? whole_file(file.get(), expected) : std::nullopt;
}

}  // namespace skbtrail::kernel
