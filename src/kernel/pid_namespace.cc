#include "kernel/pid_namespace.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace skbtrail::kernel {

namespace {

constexpr uint64_t kInitial = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h

std::optional<struct stat> namespace_of(const std::string& process) {
  struct stat file {};
  if (stat((process + "/ns/pid").c_str(), &file) != 0) return std::nullopt;
  return file;
}

// It calls this process by the number that it has for itself.
bool is_ours(const std::string& proc) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink(proc + "/self", error);
  return !error && self.native() == std::to_string(getpid());
}

}  // namespace

std::optional<PidNamespace> own_pid_namespace(const std::string& proc) {
  const auto file = namespace_of(proc + "/self");
  if (!file || file->st_ino == kInitial || !is_ours(proc)) return std::nullopt;
  constexpr unsigned kMinorBits = 20;  // linux/kdev_t.h
  return PidNamespace{uint64_t{major(file->st_dev)} << kMinorBits | minor(file->st_dev), file->st_ino};
}

bool shows_initial_pids(const std::string& proc) {
  // Process 1 of another's /proc, which only the privileged may look at.
  if (const auto first = namespace_of(proc + "/1")) return first->st_ino == kInitial;
  const auto self = namespace_of(proc + "/self");
  return self && self->st_ino == kInitial && is_ours(proc);
}

std::string pid_note(uint32_t pid, const std::string& proc) {
  if (const auto self = namespace_of(proc + "/self"); self && self->st_ino != kInitial && !is_ours(proc))
    return fmt::format("/proc is that of another PID namespace, and {} is taken for a number of the initial one", pid);
  const auto own = own_pid_namespace(proc);
  if (!own) return "";
  const auto there = namespace_of(fmt::format("{}/{}", proc, pid));
  if (there && there->st_ino != own->inode)
    return fmt::format(
        "process {} lives in a PID namespace below this one: what its sockets do is shown, and not what "
        "it does without one",
        pid);
  return fmt::format("{} is a number of this PID namespace; events have those of the initial one", pid);
}

}  // namespace skbtrail::kernel
