// The PID namespace that this process lives in. Numbers of processes are those that /proc shows; the kernel side knows
// those of the initial namespace, and for a task that lives in this one, its number here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace skbtrail::kernel {

struct PidNamespace {
  uint64_t device, inode;  // of its nsfs file, as the kernel has them
};

// Nothing where it is the initial one, or where /proc is another's.
std::optional<PidNamespace> own_pid_namespace(const std::string& proc = "/proc");

// Processes have the numbers of the kernel side in this /proc.
bool shows_initial_pids(const std::string& proc = "/proc");

// What has to be known of the number of a process here, a phrase; empty: it is the kernel's own.
std::string pid_note(uint32_t pid, const std::string& proc = "/proc");

}  // namespace skbtrail::kernel
