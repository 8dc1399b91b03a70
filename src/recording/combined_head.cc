#include "recording/combined_head.h"

#include <algorithm>

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
  for (const auto& probe : head.probes) {
    if (head_.probes.size() >= event::kUnknownProbe) return;
    if (numbers_.try_emplace(probe.description(), static_cast<uint16_t>(head_.probes.size())).second)
      head_.probes.push_back(probe);
  }
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
