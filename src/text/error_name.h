// Names of errno values, as programmers know them.
#pragma once

#include <string>

namespace skbtrail::text {

// "EPERM", also for those that only the kernel has (include/linux/errno.h), which some functions return to each other;
// the number where there is none of it.
std::string error_name(int error);

// Whether there is a name.
bool is_error(int error);

}  // namespace skbtrail::text
