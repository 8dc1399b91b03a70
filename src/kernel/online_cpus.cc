#include "kernel/online_cpus.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "kernel/whole_file.h"

namespace skbtrail::kernel {

namespace {

constexpr uint32_t kMost = 1u << 16;  // more than any kernel is built for

}  // namespace

std::vector<uint32_t> cpus_of_list(std::string_view list) {
  std::vector<uint32_t> cpus;
  const char *at = list.data(), *end = at + list.size();
  const auto number = [&](uint32_t& to) {
    const auto [rest, error] = std::from_chars(at, end, to);
    at = rest;
    return error == std::errc() && to < kMost;
  };
  while (at != end && *at != '\n') {
    uint32_t first = 0, last = 0;
    if (!number(first)) return {};
    last = first;
    if (at != end && *at == '-' && (++at, !number(last) || last < first)) return {};
    while (first <= last) cpus.push_back(first++);
    if (at != end && *at == ',')
      at++;
    else if (at != end && *at != '\n')
      return {};
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::vector<uint32_t> online_cpus() {
  auto cpus = cpus_of_list(whole_file("/sys/devices/system/cpu/online").value_or(""));
  if (!cpus.empty()) return cpus;
  cpus.resize(static_cast<size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))));
  std::iota(cpus.begin(), cpus.end(), 0U);
  return cpus;
}

}  // namespace skbtrail::kernel
