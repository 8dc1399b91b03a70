#include "output/standard_error.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "io/background_writer.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAfterSignal{200};

// What is left of it, once there is a limit. As standard error itself, it is the process's.
std::optional<Clock::duration> telling_left;

// Returns the errno.
int write_patiently(std::string_view text) {
  while (!text.empty()) {
    const ssize_t some = write(STDERR_FILENO, text.data(), text.size());
    pollfd writable{STDERR_FILENO, POLLOUT, 0};
    if (some >= 0)
      text.remove_prefix(static_cast<size_t>(some));
    else if (errno != EAGAIN || poll(&writable, 1, -1) < 0)
      return errno;
  }
  return 0;
}

// A write that blocks can be given up only if another thread does it.
void write_until(const std::string& text, Clock::time_point deadline) {
  io::BackgroundWriter writer(text.size(), [](const io::Batch& batch, const std::atomic<bool>& stop) {
    return io::write_all(STDERR_FILENO, {batch.bytes.data(), batch.size()}, stop);
  });
  writer.give_up_when([deadline] { return Clock::now() >= deadline; });
  io::Batch batch;
  batch.bytes.append(text);
  writer.add(batch);
  writer.wait();
}

}  // namespace

std::string message(std::string_view what) {
  return "skbtrail: " + text::printable_message(what) + "\n";
}

void tell(const std::string& text) {
  const std::string shown = text::printable_lines(text);
  if (!telling_left) {
    if (write_patiently(shown) == EINTR) limit_telling(kAfterSignal);
    return;
  }
  const auto begin = Clock::now();
  try {
    write_until(shown, begin + *telling_left);
  } catch (const std::system_error&) {  // no thread can be made
    write_patiently(shown);
  }
  *telling_left -= std::min(*telling_left, Clock::now() - begin);
}

void limit_telling(std::chrono::milliseconds total) {
  telling_left = total;
}

}  // namespace skbtrail::output
