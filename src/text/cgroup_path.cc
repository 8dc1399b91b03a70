#include "text/cgroup_path.h"

#include <algorithm>
#include <iterator>

namespace skbtrail::text {

namespace {

constexpr size_t kIdLength = 64;
constexpr size_t kUidLength = 36, kStaticUidLength = 32;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_all_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_hex);
}

std::string_view without(std::string_view text, std::string_view suffix) {
  if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
  return text;
}

// Calls found(part) with the parts of a path, the innermost first, until it says that it is enough. A part of
// containerd's without systemd, but told to use it, has three of its own: "SLICE:PREFIX:ID".
template <typename Found>
void each_part(std::string_view path, Found found) {
  while (!path.empty()) {
    const size_t at = path.find_last_of("/:");
    const auto part = path.substr(at + 1);  // npos + 1 is 0
    if (!part.empty() && found(part)) return;
    path = at == std::string_view::npos ? std::string_view() : path.substr(0, at);
  }
}

// "docker-ID.scope", "ID", "crio-ID". What watches over a container is not in it: "crio-conmon-ID.scope".
std::string_view id_in(std::string_view part) {
  constexpr std::string_view kLxc = "lxc.payload.";
  if (part.starts_with(kLxc)) return part.substr(kLxc.size());
  part = without(part, ".scope");
  const size_t dash = part.rfind('-');
  const auto id = part.substr(dash + 1);  // npos + 1 is 0
  if (id.size() != kIdLength || !is_all_hex(id)) return {};
  const auto before = part.substr(0, part.size() - id.size());
  return before.find("conmon") == std::string_view::npos ? id : std::string_view();
}

bool is_uid(std::string_view text) {
  if (text.size() == kStaticUidLength) return is_all_hex(text);
  if (text.size() != kUidLength) return false;
  for (size_t i = 0; i < text.size(); i++) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' && text[i] != '_' : !is_hex(text[i])) return false;
  }
  return true;
}

// "podUID", "kubepods-burstable-podUID.slice".
std::string_view uid_in(std::string_view part) {
  part = without(part, ".slice");
  const size_t at = part.rfind("pod");
  if (at == std::string_view::npos || (at > 0 && part[at - 1] != '-')) return {};
  const auto uid = part.substr(at + 3);
  return is_uid(uid) ? uid : std::string_view();
}

bool is_unit(std::string_view part) {
  constexpr std::string_view kTypes[] = {".service", ".scope", ".socket", ".mount", ".swap"};
  return std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](std::string_view type) { return part.size() > type.size() && part.ends_with(type); });
}

}  // namespace

std::string_view container_of(std::string_view cgroup) {
  std::string_view id;
  each_part(cgroup, [&](std::string_view part) { return !(id = id_in(part)).empty(); });
  return id;
}

std::string pod_of(std::string_view cgroup) {
  std::string_view uid;
  each_part(cgroup, [&](std::string_view part) { return !(uid = uid_in(part)).empty(); });
  std::string pod(uid);
  std::replace(pod.begin(), pod.end(), '_', '-');
  return pod;
}

// A name that would be a file of the kernel's has a '_' in front (cg_escape() of systemd).
std::string_view unit_of(std::string_view cgroup) {
  std::string_view unit;
  each_part(cgroup, [&](std::string_view part) {
    if (is_unit(part)) unit = part.front() == '_' ? part.substr(1) : part;
    return !unit.empty();
  });
  return unit;
}

}  // namespace skbtrail::text
