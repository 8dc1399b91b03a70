#include "run/user.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include "text/units.h"

namespace skbtrail::run {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// To the kernel the highest number means "as it is", so that a command with it would stay root.
uint32_t id_of(std::string_view text) {
  return static_cast<uint32_t>(text::parse_number(text, "--user", UINT32_MAX - 1));
}

gid_t find_group(const std::string& text) {
  if (text.empty()) throw std::invalid_argument("--user: the group after ':' is empty");
  if (const group* entry = getgrnam(text.c_str())) return entry->gr_gid;
  if (is_number(text)) return id_of(text);
  throw std::invalid_argument(fmt::format("--user: unknown group '{}'", text));
}

// Those that the databases say, `gid` among them.
std::vector<gid_t> groups_of(const std::string& name, gid_t gid) {
  std::vector<gid_t> groups(16);
  int count = static_cast<int>(groups.size());
  while (getgrouplist(name.c_str(), gid, groups.data(), &count) < 0) {
    groups.resize(std::max(static_cast<size_t>(count), groups.size() * 2));
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<size_t>(count));
  return groups;
}

const passwd* find_entry(const std::string& text) {
  const passwd* entry = getpwnam(text.c_str());
  return entry || !is_number(text) ? entry : getpwuid(id_of(text));
}

}  // namespace

User find_user(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string name(text.substr(0, colon));
  if (name.empty()) throw std::invalid_argument("--user: the user's name is empty");
  User user;
  const passwd* entry = find_entry(name);
  if (entry)
    user = {entry->pw_uid, entry->pw_gid, {}, entry->pw_name, entry->pw_dir};
  else if (!is_number(name))
    throw std::invalid_argument(fmt::format("--user: unknown user '{}'", name));
  else if (colon == std::string_view::npos)
    throw std::invalid_argument(
        fmt::format("--user: unknown user {}, so its group is not known; write {}:GROUP", name, name));
  else
    user = {id_of(name), 0, {}, "", "/"};
  if (colon != std::string_view::npos) user.gid = find_group(std::string(text.substr(colon + 1)));
  user.groups = entry ? groups_of(user.name, user.gid) : std::vector<gid_t>{user.gid};
  return user;
}

}  // namespace skbtrail::run
