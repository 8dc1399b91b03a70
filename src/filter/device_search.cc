#include "filter/device_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "bpf/config.h"
#include "kernel/devices.h"

namespace skbtrail::filter {

namespace {

using Word = DeviceNames::Word;

std::string absence_of(const Word& word, bool alone, bool in_netns) {
  const char* nothing = alone ? "nothing" : "nothing of it";
  if (in_netns)
    return fmt::format(
        "--ifname: there is no device '{}' in that network namespace now; {} is shown until there is one", word.text,
        nothing);
  return fmt::format("--ifname: no network namespace that can be seen has a device '{}' now; {} is shown until one has",
                     word.text, nothing);
}

// The devices that have such an alternative name. Returns whether there was one.
bool add_links(const Word& word, const std::vector<kernel::Link>& links, FoundDevices& found) {
  bool any = false;
  for (const auto& link : links) {
    const auto name = std::find_if(link.other_names.begin(), link.other_names.end(),
                                   [&](const auto& other) { return word.matches(other); });
    if (name == link.other_names.end()) continue;
    any = true;
    if (found.links.size() == SKBTRAIL_LINKS) break;
    found.links.push_back(TARGET_LINK(link.netns, link.ifindex));
    found.other_names.push_back(fmt::format("--ifname: '{}' is another name of {}", *name, link.name));
  }
  return any;
}

}  // namespace

FoundDevices find_devices(const DeviceNames& names, std::optional<uint32_t> netns, const kernel::NetnsPaths& paths) {
  FoundDevices found;
  std::optional<std::vector<kernel::Link>> links;  // asked for only where no first name is it
  for (const auto& word : names.words()) {
    const auto is_it = [&](std::string_view name) { return word.matches(name); };
    const auto there = word.is_long() ? std::optional(false) : kernel::has_device(is_it, netns, paths);
    if (there == true) continue;
    if (!links) links = kernel::links_with_other_names(netns, paths);
    if (add_links(word, *links, found)) continue;
    if (word.is_long()) found.not_a_device = word.text;
    if (there == false) found.absent.push_back(absence_of(word, names.words().size() == 1, netns.has_value()));
  }
  return found;
}

}  // namespace skbtrail::filter
