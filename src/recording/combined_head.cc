#include "recording/combined_head.h"

#include <algorithm>
#include <bit>

#include "event/event.h"

namespace skbtrail::recording {

namespace {

bool is_of_others(const Head& head) {
  return head.program.empty() && head.probes.empty();
}

void add_text(std::string& all, const std::string& one) {
  if (one.empty() || all == one) return;
  if (!all.empty()) all += ", ";
  all += one;
}

template <typename Value>
void add_all(std::vector<Value>& all, const std::vector<Value>& more) {
  for (const auto& one : more)
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

// Under whatever bit.
bool are_alike(const RecordedSection& one, const RecordedSection& other) {
  return one.name == other.name && one.size == other.size && one.counted == other.counted;
}

}  // namespace

CombinedHead::CombinedHead(const std::vector<const Head*>& heads) {
  for (const Head* head : heads)
    if (!is_of_others(*head)) add(*head);
}

void CombinedHead::add(const Head& head) {
  add_text(head_.kernel, head.kernel);
  add_text(head_.machine, head.machine);
  add_text(head_.host, head.host);
  if (is_first_) {
    head_.program = head.program;
    head_.command = head.command;
    head_.pid = head.pid;
    head_.comm = head.comm;
    head_.drop_reasons = head.drop_reasons;
  } else {
    if (head_.command != head.command) {
      head_.command.emplace_back("and");
      head_.command.insert(head_.command.end(), head.command.begin(), head.command.end());
    }
    if (head_.pid != head.pid) head_.pid.reset();
    if (head_.comm != head.comm) head_.comm.reset();
    if (head_.drop_reasons != head.drop_reasons) add_all(head_.drop_reasons, head.drop_reasons);
  }
  add_all(head_.selected_by, head.selected_by);
  is_first_ = false;
  for (const auto& section : head.sections)
    if (!is_known(section)) add_unknown(section);
  for (const auto& probe : head.probes) {
    if (head_.probes.size() >= event::kUnknownProbe) return;
    if (numbers_.try_emplace(probe.description(), static_cast<uint16_t>(head_.probes.size())).second)
      head_.probes.push_back(probe);
  }
}

// After ours, under the lowest bit that is free.
void CombinedHead::add_unknown(const RecordedSection& section) {
  auto& all = head_.sections;
  if (std::any_of(all.begin(), all.end(), [&](const auto& one) { return are_alike(one, section); })) return;
  uint32_t taken = 0;
  for (const auto& one : all) taken |= one.mask();
  if (taken == UINT32_MAX) return;
  all.push_back({section.name, static_cast<uint8_t>(std::countr_one(taken)), section.size, section.counted});
}

std::vector<std::pair<uint32_t, uint32_t>> CombinedHead::unknown_of(const Head& head) const {
  std::vector<std::pair<uint32_t, uint32_t>> masks;
  for (const auto& here : head_.sections)
    for (const auto& there : head.sections)
      if (!is_known(there) && are_alike(here, there)) masks.emplace_back(there.mask(), here.mask());
  return masks;
}

std::optional<std::vector<uint16_t>> CombinedHead::numbers_of(const Head& head) const {
  std::vector<uint16_t> numbers;
  const size_t count = std::min<size_t>(head.probes.size(), event::kUnknownProbe);
  for (size_t i = 0; i < count; i++) {
    const auto known = numbers_.find(head.probes[i].description());
    if (known == numbers_.end()) return std::nullopt;
    numbers.push_back(known->second);
  }
  return numbers;
}

}  // namespace skbtrail::recording
