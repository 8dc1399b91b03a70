#include "kernel/nft_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "kernel/fd.h"
#include "kernel/netns.h"
#include "text/lines.h"

namespace skbtrail::kernel {

namespace {

constexpr size_t kMostListed = 16u << 20;
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kUntilToldToStop{50};

bool is_plain(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_plain = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !name.empty() && (is_letter(name.front()) || name.front() == '_') &&
         std::all_of(name.begin(), name.end(), is_plain);
}

// Since Linux 5.14 a namespace tells its cookie, of which there is never another one.
bool is_here(uint64_t cookie) {
  if (cookie == 0) return true;
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  uint64_t here = 0;
  socklen_t size = sizeof(here);
  return getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &here, &size) != 0 || here == cookie;
}

// Until its end, or until there is no more patience.
std::string all_of(int file, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::string text;
  std::array<char, 65536> part{};
  while (text.size() < kMostListed && !stop.stop_requested() && std::chrono::steady_clock::now() < until) {
    pollfd wait{file, POLLIN, 0};
    if (poll(&wait, 1, kUntilToldToStop.count()) <= 0) continue;
    const ssize_t size = read(file, part.data(), part.size());
    if (size < 0) return {};
    if (size == 0) return text;
    text.append(part.data(), static_cast<size_t>(size));
  }
  return {};
}

// How a program is started that has nothing of ours but its output, and no signal blocked.
class Start {
 public:
  explicit Start(int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;
  ~Start() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  // -1: it could not be.
  pid_t run(std::vector<std::string> words) const {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = -1;
    return posix_spawnp(&pid, arguments[0], &files_, &attributes_, arguments.data(), environ) == 0 ? pid : -1;
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// In the namespace of the calling thread.
std::string list_here(std::vector<std::string> command, const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const Fd ours(ends[0]);
  pid_t pid = -1;
  {
    const Fd its(ends[1]);
    pid = Start(its.get()).run(std::move(command));
  }
  if (pid < 0) return {};
  std::string text = all_of(ours.get(), stop);
  if (text.empty()) kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : std::string();
}

std::optional<std::string> way_into(uint32_t netns) {
  for (auto& door : netns_doors())
    if (door.inum == netns) return std::move(door.file);
  return std::nullopt;
}

}  // namespace

// Without counters, and without what is in named sets, which is no rule's text.
std::vector<std::string> nft_command(const NftTable& table) {
  if (!is_plain(table.name)) return {};
  return {"nft", "--handle", "--stateless", "--terse", "list", "table", table.family, table.name};
}

std::string list_nft_table(const NftTable& table, const std::stop_token& stop) {
  auto command = nft_command(table);
  const auto door = command.empty() ? std::nullopt : way_into(table.netns);
  if (!door) return {};
  const Fd file(open(door->c_str(), O_RDONLY | O_CLOEXEC));
  struct stat found {};
  // Its process may be another one by now.
  if (!file || fstat(file.get(), &found) != 0 || static_cast<uint32_t>(found.st_ino) != table.netns) return {};
  if (setns(file.get(), CLONE_NEWNET) != 0 || !is_here(table.netns_cookie)) return {};
  return list_here(std::move(command), stop);
}

bool has_nft() {
  const char* path = std::getenv("PATH");
  bool found = false;
  text::for_each_part(path ? path : "", ':', [&](std::string_view folder) {
    found |= access((std::string(folder) + "/nft").c_str(), X_OK) == 0;
  });
  return found;
}

}  // namespace skbtrail::kernel
