#include <bpf/bpf.h>

#include "attach/backend.h"

namespace skbtrail::attach {

kernel::Fd attach_fentry(int program) {
  return kernel::Fd(bpf_raw_tracepoint_open(nullptr, program));
}

}  // namespace skbtrail::attach
