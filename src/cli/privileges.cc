#include "cli/privileges.h"

#include <linux/capability.h>

#include <cstdint>
#include <fstream>
#include <string_view>

namespace skbtrail::cli {

namespace {

uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  constexpr std::string_view kKey = "CapEff:";
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(kKey)) return std::stoull(line.substr(kKey.size()), nullptr, 16);
  return ~uint64_t{0};  // cannot be known here: let the kernel judge
}

}  // namespace

std::string missing_capabilities() {
  uint64_t have = effective_capabilities();
  auto has = [&](int capability) { return (have >> capability & 1) != 0; };
  // CAP_SYS_ADMIN stands for both (Linux 5.8 split them off).
  if (has(CAP_SYS_ADMIN)) return "";
  std::string missing;
  if (!has(CAP_BPF)) missing += "CAP_BPF";
  if (!has(CAP_PERFMON)) missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
  return missing;
}

}  // namespace skbtrail::cli
