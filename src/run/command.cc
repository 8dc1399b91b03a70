#include "run/command.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>

#include "text/printable.h"

namespace skbtrail::run {

namespace {

// Statuses of env and the shells.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
constexpr int kSetupFailed = 125;

// All that exec needs, made before the fork: other threads may hold locks then that are never released in the child.
class Execution {
 public:
  explicit Execution(const CommandPlan& plan) : words_(plan.words) {
    for (char** entry = environ; *entry; entry++)
      if (!plan.user || !is_of_user(*entry)) environment_.emplace_back(*entry);
    if (plan.user) {
      environment_.push_back("HOME=" + plan.user->home);
      for (const char* name : {"USER=", "LOGNAME="})
        if (!plan.user->name.empty()) environment_.push_back(name + plan.user->name);
      whom_ = plan.user->name.empty() ? std::to_string(plan.user->uid) : text::printable(plan.user->name);
    }
    name_ = text::printable(words_.front());
    arguments_ = pointers(words_);
    variables_ = pointers(environment_);
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;
  ~Execution() = default;

  // Both for messages.
  [[nodiscard]] const char* name() const { return name_.c_str(); }
  [[nodiscard]] const char* whom() const { return whom_.c_str(); }
  // Returns only if it failed.
  void run() const { execvpe(arguments_[0], arguments_.data(), variables_.data()); }

 private:
  static bool is_of_user(std::string_view variable) {
    return variable.starts_with("HOME=") || variable.starts_with("USER=") || variable.starts_with("LOGNAME=");
  }
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  std::vector<std::string> words_, environment_;
  std::string name_, whom_;
  std::vector<char*> arguments_, variables_;
};

// From here to exit_status(): in the child, where nothing may be allocated.

void complain(const char* what, const char* whom = "") {
  const char* error = strerrordesc_np(errno);
  const std::array<std::string_view, 6> texts{"skbtrail: ", what, whom, ": ", error ? error : "unknown error", "\n"};
  std::array<iovec, texts.size()> parts{};
  for (size_t i = 0; i < texts.size(); i++) parts[i] = {const_cast<char*>(texts[i].data()), texts[i].size()};
  (void)!writev(STDERR_FILENO, parts.data(), static_cast<int>(parts.size()));
}

// Capabilities go with the last of root's numbers; ambient ones, which another user may have, would stay.
bool become(const User& user) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return setgroups(user.groups.size(), user.groups.data()) == 0 && setresgid(user.gid, user.gid, user.gid) == 0 &&
         setresuid(user.uid, user.uid, user.uid) == 0;
}

bool is_told_to_begin(int may_begin) {
  char go = 0;
  ssize_t got = 0;
  while ((got = read(may_begin, &go, sizeof(go))) < 0 && errno == EINTR) {
  }
  return got == sizeof(go);
}

[[noreturn]] void execute(const CommandPlan& plan, const Execution& execution, int may_begin) {
  plan.state.restore();
  if (!is_told_to_begin(may_begin)) _exit(kSetupFailed);
  if (plan.output == CommandOutput::to_stderr) dup2(STDERR_FILENO, STDOUT_FILENO);
  if (plan.output == CommandOutput::discarded) dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
  if (plan.user && !become(*plan.user)) {
    complain("cannot become user ", execution.whom());
    _exit(kSetupFailed);
  }
  execution.run();
  const int status = errno == ENOENT ? kNotFound : kNotExecutable;
  complain(execution.name());
  _exit(status);
}

// With all signals held back in the child until it has its own ways with them again; 0 in the child.
pid_t fork_quietly() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  const int error = errno;
  if (pid != 0) pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

int exit_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace

Command::Command(const CommandPlan& plan, const std::function<void(pid_t)>& before) {
  const auto failed = [](const char* what) { return std::system_error(errno, std::generic_category(), what); };
  const Execution execution(plan);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw failed("cannot start the command");
  stream::Fd may_begin(pipe_ends[0]), go(pipe_ends[1]);
  (void)fflush(nullptr);
  pid_ = fork_quietly();
  if (pid_ < 0) throw failed("cannot start the command");
  if (pid_ == 0) {
    go.reset();
    execute(plan, execution, may_begin.get());
  }
  try {
    pidfd_ = stream::Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_) throw failed("cannot watch the command");
    if (before) before(pid_);
  } catch (...) {
    go.reset();  // it ends without having been the command
    waitpid(pid_, nullptr, 0);
    throw;
  }
  (void)!write(go.get(), "", 1);  // fails only where a signal ended it meanwhile, which its status tells
}

std::optional<int> Command::ended() {
  if (status_) return status_;
  int wait_status = 0;
  if (waitpid(pid_, &wait_status, WNOHANG) == pid_) status_ = exit_status(wait_status);
  return status_;
}

void Command::signal(int number) const {
  if (!status_) kill(pid_, number);
}

std::optional<int> Command::wait_for(std::chrono::milliseconds limit) {
  pollfd end{pidfd_.get(), POLLIN, 0};
  if (!status_) poll(&end, 1, static_cast<int>(limit.count()));
  return ended();
}

int Command::wait() {
  while (!ended()) (void)wait_for(std::chrono::milliseconds(60'000));
  return *status_;
}

}  // namespace skbtrail::run
