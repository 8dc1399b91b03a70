#include "kernel/proc.h"

#include <linux/magic.h>
#include <sys/vfs.h>

namespace skbtrail::kernel {

bool has_proc(const std::string& proc) {
  struct statfs there {};
  return proc != "/proc" || (statfs("/proc", &there) == 0 && there.f_type == PROC_SUPER_MAGIC);
}

}  // namespace skbtrail::kernel
