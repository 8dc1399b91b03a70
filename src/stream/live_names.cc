#include "stream/live_names.h"

#include <ctime>

#include "kernel/pid_namespace.h"

namespace skbtrail::stream {

namespace {

int64_t clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

LiveNames::LiveNames(kernel::DropReasons reasons, const std::vector<probe::Probe>& probes, FindStack find_stack)
    : find_stack_(std::move(find_stack)), reasons_(std::move(reasons)) {
  for (const auto& probe : probes) {
    probes_.push_back(probe.name);
    formats_.push_back(probe.format);
    functions_.push_back(probe.function);
    reset_reasons_.push_back(probe.reset_reasons);
  }
  if (kernel::shows_initial_pids()) cgroups_.emplace();
  read_clocks();
}

void LiveNames::read_clocks() {
  // The time of day is read between two readings of the other clock, so that being interrupted costs half of it.
  int64_t before = clock_ns(CLOCK_MONOTONIC);
  int64_t day = clock_ns(CLOCK_REALTIME);
  int64_t after = clock_ns(CLOCK_MONOTONIC);
  day_offset_ns_ = day - (before + (after - before) / 2);
}

std::string_view LiveNames::probe(uint16_t number) const {
  return number < probes_.size() ? std::string_view(probes_[number]) : std::string_view("?");
}

std::string_view LiveNames::ask(event::NameKind kind, uint64_t number) const {
  using event::NameKind;
  switch (kind) {
    case NameKind::netns: return netns_.name(static_cast<uint32_t>(number));
    case NameKind::drop_reason: return asked_ = reasons_.name(static_cast<uint32_t>(number));
    case NameKind::symbol:
      if (!symbols_) symbols_ = kernel::Symbols::of_kernel();
      return asked_ = symbols_->name(number).value_or("");
    case NameKind::cgroup:       // kept for itself, by path: there may be millions of processes, one after the other
    case NameKind::comm:         // is in the record itself
    case NameKind::rule: break;  // rule() knows by what it is found
  }
  return {};
}

std::string_view LiveNames::name(event::NameKind kind, uint64_t number) const {
  if (kind == event::NameKind::cgroup) return cgroup(static_cast<uint32_t>(number));
  const auto known = texts_.find(kind, number);
  if (known && !event::row_of(kind).changes) return *known;
  const std::string_view text = ask(kind, number);
  if (known && *known == text) return *known;
  if (texts_.kept() + text.size() <= kMostKept) return texts_.set(kind, number, text);
  kept_all_ = false;
  return texts_.of_number(kind, number);
}

// Only what was found is kept, so that a rule that is not listed yet is asked for again.
std::string_view LiveNames::rule(const event::RuleName& rule) const {
  const uint64_t number = rule.number();
  if (const auto known = texts_.find(event::NameKind::rule, number)) return *known;
  const std::string_view text =
      rules_.text({rule.netns, rule.netns_cookie, std::string(rule.family), std::string(rule.table), rule.table_handle},
                  rule.handle);
  if (text.empty()) return {};
  if (texts_.kept() + text.size() <= kMostKept) return texts_.set(event::NameKind::rule, number, text);
  kept_all_ = false;
  return {};
}

std::string_view LiveNames::cgroup(uint32_t pid) const {
  if (!cgroups_ || pid == 0) return {};  // the idle task has no /proc/0
  const auto path = cgroups_->of(pid);
  kept_all_ &= cgroups_->kept_all();
  return path;
}

const event::EventFormat* LiveNames::format(uint16_t number) const {
  return number < formats_.size() ? formats_[number].get() : nullptr;
}

const event::ResultFormat* LiveNames::result(uint16_t number) const {
  return number < functions_.size() && functions_[number] ? &functions_[number]->result : nullptr;
}

const event::ResetReasons* LiveNames::reset_reasons(uint16_t number) const {
  return number < reset_reasons_.size() ? reset_reasons_[number].get() : nullptr;
}

std::span<const uint64_t> LiveNames::stack(uint64_t id) const {
  const auto known = stacks_.find(id);
  if (known != stacks_.end()) return known->second;
  if (!find_stack_) return {};
  auto frames = find_stack_(id);
  stacks_kept_ += event::NameTexts::kPerName + frames.size() * sizeof(uint64_t);
  if (stacks_kept_ <= kMostKept) return stacks_.emplace(id, std::move(frames)).first->second;
  kept_all_ = false;
  return {};
}

uint64_t LiveNames::time_of_day_ns(uint64_t monotonic_ns) const {
  return monotonic_ns + static_cast<uint64_t>(day_offset_ns_);
}

}  // namespace skbtrail::stream
