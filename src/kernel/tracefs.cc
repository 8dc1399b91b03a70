#include "kernel/tracefs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "kernel/whole_file.h"
#include "text/error_name.h"

namespace skbtrail::kernel {

namespace {

constexpr std::array kMounted{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// Closes `fd` and gives what was asked for, with errno as it was.
int closing(int fd, int result) {
  const int error = errno;
  close(fd);
  errno = error;
  return result;
}

// A tracefs that is attached nowhere; -1 with errno.
int open_detached() {
  const int context = fsopen("tracefs", FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  if (fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return closing(context, -1);
  return closing(context, fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY));
}

// One that was mounted before, if it may be read.
int open_mounted() {
  for (const char* path : kMounted) {
    const int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) continue;
    const int events = openat(root, "events", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (events >= 0) return closing(events, root);
    close(root);
  }
  return -1;
}

// Closes `fd`.
std::optional<std::string> whole(int fd, size_t expected = 4 << 10) {
  if (fd < 0) return std::nullopt;
  auto text = whole_file(fd, expected);
  close(fd);
  return text;
}

// What could leave the folder, or be a folder itself.
bool is_plain(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && !name.starts_with('.');
}

}  // namespace

Tracefs::Tracefs() : root_(open_detached()), detached_(root_ >= 0) {
  if (detached_) return;
  const int error = errno;
  root_ = open_mounted();
  if (root_ < 0)
    throw TracefsError(
        fmt::format("tracefs cannot be opened ({}), and no mounted one may be read; it needs "
                    "CAP_SYS_ADMIN and a kernel with CONFIG_TRACING",
                    text::error_text(error)));
}

Tracefs::~Tracefs() {
  close(root_);
}

std::vector<std::string> Tracefs::folders(const std::string& path) const {
  std::vector<std::string> names;
  const int fd = openat(root_, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return names;
  const std::unique_ptr<DIR, CloseFolder> folder(fdopendir(fd));
  if (!folder) return closing(fd, 0), names;
  while (const dirent* entry = readdir(folder.get()))
    if (entry->d_type == DT_DIR && is_plain(entry->d_name)) names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Tracefs::groups() const {
  return folders("events");
}

std::vector<std::string> Tracefs::events(const std::string& group) const {
  return is_plain(group) ? folders("events/" + group) : std::vector<std::string>{};
}

std::optional<std::string> Tracefs::format(const std::string& group, const std::string& event) const {
  if (!is_plain(group) || !is_plain(event)) return std::nullopt;
  return whole(
      openat(root_, fmt::format("events/{}/{}/format", group, event).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
}

std::optional<std::string> Tracefs::traceable_functions() const {
  constexpr size_t kUsual = 2 << 20;
  return whole(openat(root_, "available_filter_functions", O_RDONLY | O_NOFOLLOW | O_CLOEXEC), kUsual);
}

std::map<std::string, std::string, std::less<>> groups_by_event(const TraceEvents& events) {
  std::map<std::string, std::string, std::less<>> groups;
  for (const auto& group : events.groups())
    for (const auto& event : events.events(group)) groups.try_emplace(event, group);
  return groups;
}

}  // namespace skbtrail::kernel
