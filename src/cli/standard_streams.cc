#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace skbtrail::cli {

bool secure_standard_streams() {
  bool output_open = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", O_RDWR);  // the lowest free one, which is this
  return output_open;
}

void tell(const std::string& text) {
  (void)std::fputs(text.c_str(), stderr);
  (void)std::fflush(stderr);
}

}  // namespace skbtrail::cli
