// Names of errno values, as programmers know them.
#pragma once

#include <string>

namespace skbtrail::text {

// "EPERM", also for those that only the kernel has (include/linux/errno.h), which some functions return to each other;
// the number where there is none of it.
std::string error_name(int error);

// Whether there is a name.
bool is_error(int error);

// What strerror() says; of those that only the kernel has, which it knows only as "Unknown error 524", the name and
// what it means: "ENOTSUPP (524, the kernel's own: not supported)".
std::string error_text(int error);

// A text in which libbpf or we print such an error by its number alone, with error_text() instead of it.
std::string with_error_names(std::string text);

}  // namespace skbtrail::text
