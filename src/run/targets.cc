#include "run/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "run/errors.h"

namespace skbtrail::run {

namespace {
// A device that gets an alternative name is found so much later: soon after the start, and then more rarely, for all
// processes may have to be asked for a way into the namespace.
constexpr std::chrono::milliseconds kDevices{3000}, kDevicesLater{30'000};
}  // namespace

Targets::Targets(const filter::Conditions& conditions) : conditions_(conditions) {
  if (conditions.netns) {
    now_.netns = *conditions.netns;
    netns_.emplace(conditions.netns_word, now_.netns);
  }
  if (!conditions.ifname) return;
  devices_ = filter::find_devices(*conditions.ifname, conditions.netns);
  if (devices_.not_a_device)
    throw UsageError(
        fmt::format("--ifname: '{}' is longer than the {} characters of a device's name, and no device has it as an "
                    "alternative name",
                    *devices_.not_a_device, REC_IFNAMSIZ - 1));
  match_links_ = devices_.may_be_other_name();
  device_pause_ = kDevices;
  next_devices_ = Clock::now() + device_pause_;
  take_links();
}

void Targets::take_links() {
  std::memset(now_.links, 0, sizeof(now_.links));
  std::copy(devices_.links.begin(), devices_.links.end(), now_.links);
}

std::vector<std::string> Targets::notes() const {
  auto notes = devices_.other_names;
  for (auto& absence : conditions_.absences({}, &devices_)) notes.push_back(std::move(absence));
  return notes;
}

bool Targets::look(const std::function<void(const std::string&)>& say) {
  const auto news = netns_ ? netns_->look() : std::nullopt;
  const bool devices = looks_for_devices() && (news || Clock::now() >= next_devices_);
  if (news) {
    now_.netns = news->inum;
    say(news->text);
  }
  if (devices) {
    const auto began = Clock::now();
    const auto before = devices_.links;
    if (now_.netns) devices_ = filter::find_devices(*conditions_.ifname, now_.netns);
    take_links();
    device_pause_ = std::min<Clock::duration>(2 * device_pause_, kDevicesLater);
    next_devices_ = Clock::now() + std::max<Clock::duration>(device_pause_, 100 * (Clock::now() - began));
    if (devices_.links != before)
      for (const auto& name : devices_.other_names) say(name);
    return news || devices_.links != before;
  }
  return news.has_value();
}

Targets::Clock::time_point Targets::next_look() const {
  const auto netns = netns_ ? netns_->next_look() : Clock::time_point::max();
  return looks_for_devices() ? std::min(netns, next_devices_) : netns;
}

}  // namespace skbtrail::run
