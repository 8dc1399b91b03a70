// What tracing needs of the kernel's capabilities (capabilities(7)), and whether this process has it.
//
// CAP_BPF and CAP_PERFMON are all that is needed. The kernel asks for CAP_NET_ADMIN only where a program may change
// packets (is_net_admin_prog_type() in kernel/bpf/syscall.c), which none of ours can.
#pragma once

#include <string>

#include "kernel/capabilities.h"

namespace skbtrail::cli {

// One sentence that says what is missing, and the command that would work; empty if nothing is.
std::string missing_privileges(const kernel::Capabilities& capabilities);

}  // namespace skbtrail::cli
