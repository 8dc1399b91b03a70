#include <bpf/bpf.h>

#include "stream/backend.h"

namespace skbtrail::stream {

Fd attach_fentry(int program) {
  return Fd(bpf_raw_tracepoint_open(nullptr, program));
}

}  // namespace skbtrail::stream
