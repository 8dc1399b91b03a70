#include "kernel/netns_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace skbtrail::kernel {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kUsual{1000};
constexpr milliseconds kSoon{20};    // a name has gone, or its folder has changed
constexpr milliseconds kLater{200};  // it has been gone for long
constexpr seconds kLong{5};

}  // namespace

NetnsWatch::Kind NetnsWatch::kind_of(std::string_view word) {
  if (word.find_first_not_of("0123456789") == std::string_view::npos) return Kind::number;
  if (word == "self" || word.starts_with("pid:") || word.starts_with("/proc/")) return Kind::process;
  return word.starts_with("container:") ? Kind::container : Kind::file;
}

NetnsWatch::NetnsWatch(std::string word, uint32_t inum, NetnsPaths paths)
    : word_(std::move(word)), inum_(inum), paths_(std::move(paths)), kind_(kind_of(word_)) {
  if (kind_ == Kind::file) watch_folder();
  // One that does not live yet cannot go away.
  if (kind_ == Kind::number && !lives()) next_ = Clock::time_point::max();
}

void NetnsWatch::watch_folder() {
  const std::string file = word_.find('/') == std::string::npos ? paths_.run_netns + "/" + word_ : word_;
  changes_ = Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::string folder = file.substr(0, std::max<size_t>(1, file.rfind('/')));
  if (changes_ && inotify_add_watch(changes_.get(), folder.c_str(), IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR) < 0)
    changes_.reset();  // then it is seen a second later
}

bool NetnsWatch::folder_changed() {
  std::array<char, 4096> events;
  bool any = false;
  while (changes_ && read(changes_.get(), events.data(), events.size()) > 0) any = true;
  return any;
}

std::optional<uint32_t> NetnsWatch::resolved() const {
  try {
    return resolve_netns(word_, paths_);
  } catch (const UnknownNetns&) {
    return std::nullopt;
  }
}

// By the file that led to it before, else by any.
bool NetnsWatch::lives() {
  struct stat file {};
  if (!witness_.empty() && stat(witness_.c_str(), &file) == 0 && static_cast<uint32_t>(file.st_ino) == inum_)
    return true;
  witness_.clear();
  for (const auto& door : netns_doors(paths_))
    if (door.inum == inum_) witness_ = door.file;
  return !witness_.empty();
}

NetnsWatch::News NetnsWatch::gone(Clock::time_point now) {
  gone_ = true;
  gone_since_ = now;
  const char* then = kind_ == Kind::number    ? "nothing is shown until there is one of that number"
                     : kind_ == Kind::process ? "nothing more is shown"
                                              : "the next one of that name is traced";
  const std::string name = kind_ == Kind::number ? "" : fmt::format("'{}', ", word_);
  return {kind_ == Kind::number ? inum_ : 0,
          fmt::format("--netns: {}network namespace {}, is gone: no process and no name in /run/netns leads to it; {}",
                      name, inum_, then)};
}

// What the name leads to now.
std::optional<NetnsWatch::News> NetnsWatch::look_for_name(Clock::time_point now) {
  const auto found = resolved();
  if (found && (gone_ || *found != inum_)) {
    inum_ = *found;
    gone_ = false;
    witness_.clear();
    return News{inum_, fmt::format("--netns: '{}' is another network namespace now, {}, which is traced from here on",
                                   word_, inum_)};
  }
  if (found || gone_ || lives()) return std::nullopt;
  return gone(now);
}

std::optional<NetnsWatch::News> NetnsWatch::look_for_life(Clock::time_point now) {
  if (gone_ || lives()) return std::nullopt;
  return gone(now);
}

std::optional<NetnsWatch::News> NetnsWatch::look(Clock::time_point now) {
  if (!folder_changed() && now < next_) return std::nullopt;
  const auto began = Clock::now();
  // Of a container all processes are asked, so only once it has none of those that it had.
  const bool by_name = kind_ == Kind::file || (kind_ == Kind::container && (gone_ || !lives()));
  auto news = by_name ? look_for_name(now) : look_for_life(now);
  const auto cost = std::chrono::ceil<milliseconds>(20 * (Clock::now() - began));
  auto pause = kUsual;
  if (gone_ && kind_ == Kind::file) pause = now - gone_since_ < kLong ? kSoon : kLater;
  next_ = now + std::max(pause, cost);
  if (gone_ && !by_name) next_ = Clock::time_point::max();
  return news;
}

}  // namespace skbtrail::kernel
