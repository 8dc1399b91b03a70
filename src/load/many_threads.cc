#include "load/many_threads.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace skbtrail::load {

void by_many_threads(size_t count, size_t threads, const std::function<void(size_t)>& work, const Progress& progress) {
  std::atomic<size_t> next{0};
  const auto run = [&](bool tells) {
    for (size_t i = next++; i < count; i = next++) {
      if (tells && progress) progress(i);
      work(i);
    }
  };
  std::vector<std::jthread> others;
  try {
    for (size_t i = 1; i < std::min(threads, count); i++) others.emplace_back(run, false);
  } catch (const std::system_error&) {
    // No more are allowed (pids.max of a control group): those that there are do it.
  }
  run(true);
}

}  // namespace skbtrail::load
