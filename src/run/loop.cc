#include "run/loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace skbtrail::run {

namespace {

constexpr size_t kAtOnce = 16;

void control(int epoll, int what, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll, what, fd, &event) != 0) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

}  // namespace

Loop::Loop(Now now) : now_(std::move(now)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void Loop::watch(int fd, uint32_t events, Handler handler) {
  try {
    control(epoll_.get(), EPOLL_CTL_ADD, fd, events);
  } catch (const std::system_error& error) {
    if (error.code().value() == EPERM) return;
    throw;
  }
  watched_[fd] = std::make_shared<Watched>(Watched{fd, events, next_number_++, std::move(handler)});
}

void Loop::arm(int fd) {
  if (const auto found = watched_.find(fd); found != watched_.end())
    control(epoll_.get(), EPOLL_CTL_MOD, fd, found->second->events);
}

void Loop::forget(int fd) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  found->second->forgotten = true;
  watched_.erase(found);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);  // fails where it is closed already, and is not watched then
}

void Loop::at(Clock::time_point when, Due due, Wakes wakes) {
  timers_.emplace(when, Timer{std::move(due), wakes});
}

int Loop::wait_time(std::chrono::milliseconds limit) const {
  for (const auto& [when, timer] : timers_) {
    if (timer.wakes == Wakes::no) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - now_());
    limit = std::clamp(left, std::chrono::milliseconds{0}, limit);
    break;
  }
  return static_cast<int>(limit.count());
}

// Those that are due now; what they add is for the next turn.
bool Loop::run_timers() {
  std::vector<Timer> due;
  const auto end = timers_.upper_bound(now_());
  for (auto timer = timers_.begin(); timer != end; ++timer) due.push_back(std::move(timer->second));
  timers_.erase(timers_.begin(), end);
  for (auto& timer : due) timer.due();
  return !due.empty();
}

bool Loop::turn(std::chrono::milliseconds limit) {
  std::array<epoll_event, kAtOnce> ready{};
  const int count = epoll_wait(epoll_.get(), ready.data(), kAtOnce, wait_time(limit));
  bool any = !timers_.empty() && run_timers();
  std::vector<std::pair<std::shared_ptr<Watched>, uint32_t>> found;
  for (int i = 0; i < count; i++) {
    const auto known = watched_.find(ready[static_cast<size_t>(i)].data.fd);
    if (known != watched_.end()) found.emplace_back(known->second, uint32_t{ready[static_cast<size_t>(i)].events});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first->number < b.first->number; });
  for (const auto& [watched, events] : found) {
    if (watched->forgotten) continue;
    any = true;
    watched->handler(events);
  }
  return any;
}

}  // namespace skbtrail::run
