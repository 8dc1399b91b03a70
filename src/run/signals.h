// SIGINT, SIGTERM and SIGHUP as something to wait for.
//
// The first one is noted and makes poll_fd() readable; a system call that it interrupts is not restarted. A second
// SIGINT or SIGTERM ends the process at once, unless it is the same within 0.1 s: timeout(1) sends its signal to the
// command and then to the whole group, which is one wish to end. SIGHUP never ends it at once: where a terminal goes
// away it comes twice, from the kernel and from the shell, and with systemd it follows SIGTERM; a recording must be
// closed all the same. Ignored at the start (nohup), it stays ignored.
//
// SIGPIPE and SIGXFSZ (a file has reached RLIMIT_FSIZE) are ignored, so that the write fails, with EPIPE and EFBIG.
// There is one of these in a process; nothing is restored, for the process ends with the run.
#pragma once

#include "stream/fd.h"

namespace skbtrail::run {

class Signals {
 public:
  Signals();

  [[nodiscard]] int poll_fd() const { return event_.get(); }

  // The number of the signal that came, 0 if none did.
  [[nodiscard]] int received() const;

 private:
  stream::Fd event_;
};

}  // namespace skbtrail::run
