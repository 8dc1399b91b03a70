#include "recording/recorded_names.h"

#include <fmt/format.h>

namespace skbtrail::recording {

std::string_view RecordedNames::probe(uint16_t number) const {
  return number < head_.probes.size() ? std::string_view(head_.probes[number].name) : std::string_view("?");
}

std::string_view RecordedNames::netns(uint32_t inum) const {
  const auto [entry, added] = netns_.try_emplace(inum);
  if (added) entry->second = std::to_string(inum);
  return entry->second;
}

std::string_view RecordedNames::drop_reason(uint32_t reason) const {
  const auto [entry, added] = reasons_.try_emplace(reason);
  if (added) entry->second = fmt::format("reason-{:#x}", reason);
  return entry->second;
}

std::string_view RecordedNames::comm(uint32_t number) const {
  const auto known = comms_.find(number);
  return known != comms_.end() ? std::string_view(known->second) : std::string_view("?");
}

std::string_view RecordedNames::symbol(uint64_t address) const {
  const auto known = symbols_.find(address);
  return known != symbols_.end() ? std::string_view(known->second) : std::string_view();
}

const event::EventFormat* RecordedNames::format(uint16_t number) const {
  return number < head_.probes.size() ? head_.probes[number].format.get() : nullptr;
}

const event::ResultFormat* RecordedNames::result(uint16_t number) const {
  return number < head_.probes.size() ? head_.probes[number].result.get() : nullptr;
}

std::span<const uint64_t> RecordedNames::stack(uint64_t id) const {
  const auto known = stacks_.find(id);
  return known != stacks_.end() ? std::span<const uint64_t>(known->second) : std::span<const uint64_t>();
}

void RecordedNames::forget() {
  head_ = {};
  clock_offset_ = 0;
  netns_.clear();
  reasons_.clear();
  comms_.clear();
  symbols_.clear();
  stacks_.clear();
}

}  // namespace skbtrail::recording
