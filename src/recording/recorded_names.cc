#include "recording/recorded_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace skbtrail::recording {

namespace {

bool is_the_same(const std::vector<uint64_t>& kept, std::span<const std::byte> frames) {
  const auto bytes = std::as_bytes(std::span(kept));
  return std::equal(bytes.begin(), bytes.end(), frames.begin(), frames.end());
}

}  // namespace

std::string_view RecordedNames::probe(uint16_t number) const {
  return number < head_.probes.size() ? std::string_view(head_.probes[number].name) : std::string_view("?");
}

std::string_view RecordedNames::netns(uint32_t inum) const {
  const auto known = netns_.find(inum);
  return known != netns_.end() ? known->second : number_ = std::to_string(inum);
}

std::string_view RecordedNames::drop_reason(uint32_t reason) const {
  const auto known = reasons_.find(reason);
  return known != reasons_.end() ? known->second : number_ = fmt::format("reason-{:#x}", reason);
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

const event::ResetReasons* RecordedNames::reset_reasons(uint16_t number) const {
  return number < head_.probes.size() ? head_.probes[number].reset_reasons.get() : nullptr;
}

const event::ResultFormat* RecordedNames::result(uint16_t number) const {
  return number < head_.probes.size() ? head_.probes[number].result.get() : nullptr;
}

std::span<const uint64_t> RecordedNames::stack(uint64_t id) const {
  const auto known = stacks_.find(id);
  return known != stacks_.end() ? std::span<const uint64_t>(known->second) : std::span<const uint64_t>();
}

void RecordedNames::set_stack(uint64_t id, std::span<const std::byte> frames) {
  const auto [entry, added] = stacks_.try_emplace(id);
  auto& kept = entry->second;
  const size_t count = frames.size() / sizeof(uint64_t);
  kept_ += (added ? kPerName : 0) + (count - kept.size()) * sizeof(uint64_t);
  if (!added && !is_the_same(kept, frames)) changes_++;
  kept.resize(count);
  kept.shrink_to_fit();
  if (count) std::memcpy(kept.data(), frames.data(), count * sizeof(uint64_t));
}

void RecordedNames::forget() {
  set_head({});
  kept_ = 0;
  clock_offset_ = 0;
  netns_ = {};
  reasons_ = {};
  comms_ = {};
  symbols_ = {};
  stacks_ = {};
}

}  // namespace skbtrail::recording
