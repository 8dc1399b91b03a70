#include "kernel/descriptor_limit.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>

namespace skbtrail::kernel {

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (before < limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
  return limit.rlim_cur;
}

bool is_want_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE;
}

std::string want_of_descriptors(int error) {
  if (error == ENFILE)
    return "the host has as many files open as it may (ENFILE): 'sysctl fs.file-max' says and sets how many; or "
           "trace fewer probes";
  return fmt::format(
      "this process may have {} files open (EMFILE), which is its hard limit: 'ulimit -Hn NUMBER' as root in the shell "
      "that starts it, LimitNOFILE= in a systemd unit; or trace fewer probes",
      raise_descriptor_limit());
}

}  // namespace skbtrail::kernel
