// The CPUs that are online: /sys/devices/system/cpu/online (Documentation/admin-guide/cputopology.rst).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace skbtrail::kernel {

// Ascending, at least one. Where the list cannot be read, as many as the C library counts, from 0 on.
std::vector<uint32_t> online_cpus();

// Of a list such as "0-3,8"; empty if it is not one.
std::vector<uint32_t> cpus_of_list(std::string_view list);

}  // namespace skbtrail::kernel
