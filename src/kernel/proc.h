// Whether there is a /proc to look into. Where there is none (a chroot, a container made by hand) everything that would
// are there seems not to exist, which is another thing.
#pragma once

#include <string>

namespace skbtrail::kernel {

constexpr const char* kNoProc = "/proc is not mounted here: 'mount -t proc proc /proc'";

// Of another folder, in tests, true.
bool has_proc(const std::string& proc = "/proc");

}  // namespace skbtrail::kernel
