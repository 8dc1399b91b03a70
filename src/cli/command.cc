#include "cli/command.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace skbtrail::cli {

namespace {

// Statuses of env and the shells.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
constexpr int kSetupFailed = 125;

void complain(const char* what) {
  (void)fprintf(stderr, "skbtrail: %s: %s\n", what, strerror(errno));
}

bool become(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());
  return entry && initgroups(user.c_str(), entry->pw_gid) == 0 && setgid(entry->pw_gid) == 0 &&
         setuid(entry->pw_uid) == 0;
}

[[noreturn]] void execute(const std::vector<std::string>& words, const std::string& user, CommandOutput output,
                          const stream::Fd& may_begin) {
  char end = 0;
  while (read(may_begin.get(), &end, sizeof(end)) < 0 && errno == EINTR) {
  }
  (void)::signal(SIGPIPE, SIG_DFL);
  if (output == CommandOutput::to_stderr) dup2(STDERR_FILENO, STDOUT_FILENO);
  if (output == CommandOutput::discarded) dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
  if (!user.empty() && !become(user)) {
    complain(("cannot become user " + user).c_str());
    _exit(kSetupFailed);
  }
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  int status = errno == ENOENT ? kNotFound : kNotExecutable;
  complain(arguments[0]);
  _exit(status);
}

int exit_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace

Command::Command(const std::vector<std::string>& words, const std::string& user, CommandOutput output,
                 const std::function<void(pid_t)>& before) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot start the command");
  stream::Fd may_begin(pipe_ends[0]), holds(pipe_ends[1]);
  (void)fflush(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "cannot start the command");
  if (pid_ == 0) {
    holds.reset();
    execute(words, user, output, may_begin);
  }
  if (before) before(pid_);
  holds.reset();  // which is the end of the pipe
  pidfd_ = stream::Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) throw std::system_error(errno, std::generic_category(), "cannot watch the command");
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

}  // namespace skbtrail::cli
