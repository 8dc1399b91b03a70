// What becomes of a namespace while it is traced: it may go away, and another may come instead.
//
//   written as                 when it is gone
//   NAME, a path, container:   the next one of that name is traced instead (a container that is started again)
//   an inode number            the next one of that number: numbers are used again
//   pid:N, self, /proc/...     nothing is: the process was meant that lived then
//
// A namespace counts as gone when no process and no name in /run/netns leads to it. It is never held open here, which
// would keep it alive. A name is looked at when its folder changes, and often while it is waited for; what takes a look
// at all processes is asked so rarely that it costs a twentieth of a CPU at most.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "kernel/fd.h"
#include "kernel/netns.h"

namespace skbtrail::kernel {

class NetnsWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // `word` as the user wrote it, which was `inum` when it was looked up.
  NetnsWatch(std::string word, uint32_t inum, NetnsPaths paths = {});

  struct News {
    uint32_t inum;  // to be traced from now on; 0: none
    std::string text;
  };
  // Looks, if it is time to. Never throws.
  std::optional<News> look(Clock::time_point now = Clock::now());

  // When to look again, and what is readable when to look earlier; -1: nothing.
  [[nodiscard]] Clock::time_point next_look() const { return next_; }
  [[nodiscard]] int poll_fd() const { return changes_.get(); }

 private:
  enum class Kind : uint8_t { file, container, number, process };
  static Kind kind_of(std::string_view word);
  void watch_folder();
  bool folder_changed();
  [[nodiscard]] std::optional<uint32_t> resolved() const;
  bool lives();
  std::optional<News> look_for_name(Clock::time_point now);
  std::optional<News> look_for_life(Clock::time_point now);
  News gone(Clock::time_point now);

  std::string word_;
  uint32_t inum_;
  NetnsPaths paths_;
  Kind kind_;
  std::string witness_;  // a file that leads to it
  bool gone_ = false;
  Clock::time_point next_{}, gone_since_{};
  Fd changes_;  // inotify of the name's folder
};

}  // namespace skbtrail::kernel
