#include "cli/ample_stack.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

namespace skbtrail::cli {

namespace {

constexpr size_t kEnough = 1u << 20, kAmple = 8u << 20;

struct Work {
  const std::function<int()>& run;
  int result = 0;
};

void* carry_out(void* work) {
  auto* const one = static_cast<Work*>(work);
  one->result = one->run();
  return nullptr;
}

bool is_tiny(const rlimit& limit) {
  return limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < kEnough;
}

}  // namespace

int on_ample_stack(const std::function<int()>& work) {
  rlimit limit{};
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || !is_tiny(limit)) return work();
  pthread_attr_t ample;
  pthread_attr_init(&ample);
  pthread_attr_setstacksize(&ample, kAmple);
  pthread_setattr_default_np(&ample);
  Work one{work};
  pthread_t thread{};
  const int error = pthread_create(&thread, &ample, carry_out, &one);
  pthread_attr_destroy(&ample);
  if (error) return work();
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_join(thread, nullptr);
  return one.result;
}

}  // namespace skbtrail::cli
