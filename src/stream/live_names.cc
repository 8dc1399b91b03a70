#include "stream/live_names.h"

#include <ctime>

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

std::string_view LiveNames::netns(uint32_t inum) const {
  return netns_.name(inum);
}

std::string_view LiveNames::drop_reason(uint32_t reason) const {
  auto [entry, added] = reason_names_.try_emplace(reason);
  if (added) entry->second = reasons_.name(reason);
  return entry->second;
}

std::string_view LiveNames::symbol(uint64_t address) const {
  auto [entry, added] = symbol_names_.try_emplace(address);
  if (added) {
    if (!symbols_) symbols_ = kernel::Symbols::of_kernel();
    if (auto name = symbols_->name(address)) entry->second = std::move(*name);
  }
  return entry->second;
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
  auto [entry, added] = stacks_.try_emplace(id);
  if (added && find_stack_) entry->second = find_stack_(id);
  return entry->second;
}

uint64_t LiveNames::time_of_day_ns(uint64_t monotonic_ns) const {
  return monotonic_ns + static_cast<uint64_t>(day_offset_ns_);
}

}  // namespace skbtrail::stream
