#include "run/process_state.h"

#include <pthread.h>

namespace skbtrail::run {

ProcessState ProcessState::now() {
  ProcessState state;
  sigemptyset(&state.ignored_);
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) sigaddset(&state.ignored_, number);
  }
  pthread_sigmask(SIG_SETMASK, nullptr, &state.blocked_);
  getrlimit(RLIMIT_NOFILE, &state.files_);
  getrlimit(RLIMIT_MEMLOCK, &state.locked_memory_);
  return state;
}

void ProcessState::restore() const {
  for (int number = 1; number < NSIG; number++)
    (void)signal(number, sigismember(&ignored_, number) == 1 ? SIG_IGN : SIG_DFL);
  setrlimit(RLIMIT_NOFILE, &files_);
  setrlimit(RLIMIT_MEMLOCK, &locked_memory_);
  pthread_sigmask(SIG_SETMASK, &blocked_, nullptr);  // the last: what waited must not meet a handler of ours
}

}  // namespace skbtrail::run
