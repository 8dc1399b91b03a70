// Names out of a recording: what the host that was traced called things then, as far as the reader has got. A file of
// others names nothing. What was not told is named by its number, and nothing is kept of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "event/names.h"
#include "recording/head.h"
#include "recording/limits.h"

namespace skbtrail::recording {

class RecordedNames : public event::Names {
 public:
  std::string_view probe(uint16_t number) const override;
  std::string_view netns(uint32_t inum) const override;
  std::string_view drop_reason(uint32_t reason) const override;
  std::string_view symbol(uint64_t address) const override;
  const event::EventFormat* format(uint16_t number) const override;
  const event::ResultFormat* result(uint16_t number) const override;
  const event::ResetReasons* reset_reasons(uint16_t number) const override;
  std::span<const uint64_t> stack(uint64_t id) const override;
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return monotonic_ns + clock_offset_; }

  // A new section begins.
  void forget();
  void set_head(Head head) {
    head_ = std::move(head);
    heads_++;
    changes_++;
  }
  void set_clock_offset(uint64_t offset) { clock_offset_ = offset; }
  void set_netns(uint32_t inum, std::string_view name) { set(netns_, inum, name); }
  void set_drop_reason(uint32_t reason, std::string_view name) { set(reasons_, reason, name); }
  void set_comm(uint32_t number, std::string_view comm) { set(comms_, number, comm); }
  void set_symbol(uint64_t address, std::string_view name) { set(symbols_, address, name); }
  void set_stack(uint64_t id, std::span<const std::byte> frames);

  // Bytes that these take, more or less.
  [[nodiscard]] size_t kept() const { return kept_; }

  // How often there was another head, and how often something that had a name got another one: what was made of names
  // before is stale then.
  [[nodiscard]] uint64_t heads() const { return heads_; }
  [[nodiscard]] uint64_t changes() const { return changes_; }

  [[nodiscard]] const Head& head() const { return head_; }
  // "?" where editcap left out the event that told it.
  [[nodiscard]] std::string_view comm(uint32_t number) const;
  [[nodiscard]] uint64_t clock_offset() const { return clock_offset_; }

 private:
  template <typename Number>
  void set(std::unordered_map<Number, std::string>& names, Number number, std::string_view name) {
    const auto [entry, added] = names.try_emplace(number);
    kept_ += (added ? kPerName : 0) + name.size() - entry->second.size();
    if (!added && entry->second != name) changes_++;
    entry->second.assign(name);
    entry->second.shrink_to_fit();
  }

  Head head_;
  uint64_t clock_offset_ = 0;
  size_t kept_ = 0;
  uint64_t heads_ = 0, changes_ = 0;
  mutable std::string number_;  // of the last answer, where no name is known
  std::unordered_map<uint32_t, std::string> netns_;
  std::unordered_map<uint32_t, std::string> reasons_;
  std::unordered_map<uint32_t, std::string> comms_;
  std::unordered_map<uint64_t, std::string> symbols_;
  std::unordered_map<uint64_t, std::vector<uint64_t>> stacks_;
};

}  // namespace skbtrail::recording
