// Room to work in, whatever `ulimit -s` says.
#pragma once

#include <functional>

namespace skbtrail::cli {

// Runs `work`, which throws nothing, and returns what it returns. Where the limit on the stack is too small for
// libraries that recurse or keep arrays there (libbpf, libpcap's optimiser), it runs in a thread with a stack
// of its own, and so do threads that are made later. The limit stays as it is, for the user's command inherits it.
// Signals of the process go to that thread alone.
int on_ample_stack(const std::function<int()>& work);

}  // namespace skbtrail::cli
