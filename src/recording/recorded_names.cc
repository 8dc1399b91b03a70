#include "recording/recorded_names.h"

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

std::string_view RecordedNames::name(event::NameKind kind, uint64_t number) const {
  const auto known = texts_.find(kind, number);
  return known ? *known : texts_.of_number(kind, number);
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

bool RecordedNames::has_drop_reason(std::string_view name) const {
  return std::find(head_.drop_reasons.begin(), head_.drop_reasons.end(), name) != head_.drop_reasons.end();
}

std::span<const uint64_t> RecordedNames::stack(uint64_t id) const {
  const auto known = stacks_.find(id);
  return known != stacks_.end() ? std::span<const uint64_t>(known->second) : std::span<const uint64_t>();
}

void RecordedNames::set_stack(uint64_t id, std::span<const std::byte> frames) {
  const auto [entry, added] = stacks_.try_emplace(id);
  auto& kept = entry->second;
  if (!added && is_the_same(kept, frames)) return;
  if (!added) {
    changes_++;
    former_stacks_.push_back(std::move(kept));
  }
  kept = std::vector<uint64_t>(frames.size() / sizeof(uint64_t));
  stacks_kept_ += kPerName + kept.size() * sizeof(uint64_t);
  if (!kept.empty()) std::memcpy(kept.data(), frames.data(), kept.size() * sizeof(uint64_t));
}

void RecordedNames::forget() {
  set_head({});
  clock_offset_ = 0;
  changes_ += texts_.changes();
  texts_ = {};
  stacks_ = {};
  former_stacks_ = {};
  stacks_kept_ = 0;
}

}  // namespace skbtrail::recording
