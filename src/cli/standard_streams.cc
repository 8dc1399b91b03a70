#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace skbtrail::cli {

bool secure_standard_streams() {
  bool output_open = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) == -1)
      (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // the lowest free one, which is this
  return output_open;
}

}  // namespace skbtrail::cli
