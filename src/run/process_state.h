// What this program changes of its own process, as it was before: the command after `--` gets it back.
//
// A handler does not outlive an exec, but "ignored" and "blocked" do, and what a shell or nohup set so is the user's
// wish. So it is for limits: more descriptors than expected break what uses select().
#pragma once

#include <signal.h>
#include <sys/resource.h>

namespace skbtrail::run {

class ProcessState {
 public:
  // To be taken before signals, limits or masks are changed.
  static ProcessState now();

  // Nothing is allocated and no lock taken, so it may be called after a fork.
  void restore() const;

 private:
  sigset_t ignored_{}, blocked_{};
  rlimit files_{}, locked_memory_{};  // raised by us, and by libbpf before Linux 5.11
};

}  // namespace skbtrail::run
