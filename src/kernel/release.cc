#include "kernel/release.h"

#include <sys/utsname.h>

#include <charconv>
#include <utility>

namespace skbtrail::kernel {

bool is_before(std::string_view release, unsigned major, unsigned minor) {
  const char* end = release.data() + release.size();
  std::pair<unsigned, unsigned> version;
  const auto [dot, error] = std::from_chars(release.data(), end, version.first);
  if (error != std::errc() || dot == end || *dot != '.') return false;
  if (std::from_chars(dot + 1, end, version.second).ec != std::errc()) return false;
  return version < std::pair(major, minor);
}

bool runs_before(unsigned major, unsigned minor) {
  utsname names{};
  return uname(&names) == 0 && is_before(names.release, major, minor);
}

}  // namespace skbtrail::kernel
