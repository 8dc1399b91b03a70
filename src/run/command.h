// The command after `--`: started once everything is attached, waited for, its exit status passed on.
//
// The child is forked at once and waits for a byte from us before it becomes the command. If we die meanwhile the pipe
// ends without one, and the command does not run: it would run untraced.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/process_state.h"
#include "run/user.h"
#include "stream/fd.h"

namespace skbtrail::run {

// Where the command's standard output goes.
enum class CommandOutput : uint8_t {
  kept,       // where ours goes
  to_stderr,  // ours carries events for a machine
  discarded,
};

struct CommandPlan {
  std::vector<std::string> words;
  std::optional<User> user = std::nullopt;  // who runs it; nullopt: who runs this
  CommandOutput output = CommandOutput::kept;
  ProcessState state = ProcessState::now();  // what it gets of signals and limits
};

class Command {
 public:
  // `before`: is called with its process number before it is executed. Throws std::system_error if there can be no
  // process; a command that cannot be executed ends with 126 or 127, as with env.
  explicit Command(const CommandPlan& plan, const std::function<void(pid_t)>& before = nullptr);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() = default;

  [[nodiscard]] pid_t pid() const { return pid_; }

  // Readable once it has ended.
  [[nodiscard]] int poll_fd() const { return pidfd_.get(); }

  // Its exit status once it has ended (128 + N after signal N).
  std::optional<int> ended();

  void signal(int number) const;

  // Waits for its end; nothing if it has not ended by then.
  std::optional<int> wait_for(std::chrono::milliseconds limit);
  int wait();

 private:
  pid_t pid_ = -1;
  stream::Fd pidfd_;
  std::optional<int> status_;
};

}  // namespace skbtrail::run
