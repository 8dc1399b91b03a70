// SIGINT and SIGTERM as something to wait for.
//
// The first one is noted and makes poll_fd() readable; a system call that it interrupts is not restarted. From then on
// both have their default action again, so that a second one ends the process at once, whatever it is stuck in. SIGPIPE
// is ignored. There is one of these in a process; nothing is restored, for the process ends with the run.
#pragma once

#include "stream/fd.h"

namespace skbtrail::cli {

class Signals {
 public:
  Signals();

  [[nodiscard]] int poll_fd() const { return event_.get(); }

  // The number of the signal that came, 0 if none did.
  [[nodiscard]] int received() const;

 private:
  stream::Fd event_;
};

}  // namespace skbtrail::cli
