// Names out of a recording: what the host that was traced called things then, as far as the reader has got. A file of
// others names nothing. What was not told is named by its number.
//
// The names and stacks of a section may take kMostKept bytes (limits.h), which the Reader looks at.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/name_texts.h"
#include "event/names.h"
#include "recording/head.h"
#include "recording/limits.h"

namespace skbtrail::recording {

class RecordedNames : public event::Names {
 public:
  std::string_view probe(uint16_t number) const override;
  std::string_view name(event::NameKind kind, uint64_t number) const override;
  const event::EventFormat* format(uint16_t number) const override;
  const event::ResultFormat* result(uint16_t number) const override;
  const event::ResetReasons* reset_reasons(uint16_t number) const override;
  bool has_drop_reason(std::string_view name) const override;
  std::span<const uint64_t> stack(uint64_t id) const override;
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return monotonic_ns + clock_offset_; }
  [[nodiscard]] event::Clock clock() const override { return {this, heads_}; }

  // A new section begins.
  void forget();
  void set_head(Head head) {
    head_ = std::move(head);
    heads_++;
    changes_++;
  }
  void set_clock_offset(uint64_t offset) { clock_offset_ = offset; }
  void set(event::NameKind kind, uint64_t number, std::string_view name) { texts_.set(kind, number, name); }
  void set_stack(uint64_t id, std::span<const std::byte> frames);

  // Bytes that these take, more or less.
  [[nodiscard]] size_t kept() const { return texts_.kept() + stacks_kept_; }

  // How often there was another head, and how often something that had a name got another one: what was made of names
  // before is stale then.
  [[nodiscard]] uint64_t heads() const { return heads_; }
  [[nodiscard]] uint64_t changes() const { return changes_ + texts_.changes(); }

  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] uint64_t clock_offset() const { return clock_offset_; }

 private:
  Head head_;
  uint64_t clock_offset_ = 0;
  uint64_t heads_ = 0, changes_ = 0;
  mutable event::NameTexts texts_;
  std::unordered_map<uint64_t, std::vector<uint64_t>> stacks_;
  std::deque<std::vector<uint64_t>> former_stacks_;  // of ids that have other frames now
  size_t stacks_kept_ = 0;
};

}  // namespace skbtrail::recording
