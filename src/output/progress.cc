#include "output/progress.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <string>

namespace skbtrail::output {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{1000}, kOnATerminal{200}, kElsewhere{5000};
constexpr std::string_view kTakeAway = "\r\033[K";

// A standard error that is gone is no reason to stop, nor one that is not read.
void put(std::string_view text) {
  pollfd writable{STDERR_FILENO, POLLOUT, 0};
  if (poll(&writable, 1, 0) != 1) return;
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::tell(std::string_view doing, size_t done, size_t of) {
  if (quiet_) return;
  const auto now = Clock::now();
  if (!begun_) next_ = now + kPatience;
  begun_ = true;
  if (now < next_) return;
  next_ = now + (terminal_ ? kOnATerminal : kElsewhere);
  const auto text = fmt::format("skbtrail: {}: {} of {}", doing, done, of);
  put(terminal_ ? std::string(kTakeAway) + text : text + "\n");
  shown_ = true;
}

void Progress::end() {
  if (shown_ && terminal_) put(kTakeAway);
  begun_ = shown_ = false;
}

}  // namespace skbtrail::output
