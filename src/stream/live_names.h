// Names for a live trace, from the running kernel. Names take kMostKept bytes at most, stacks as much again: what is
// met later is shown by its number (event/name_texts.h), a stack as unknown, and kept_all() is false. 64 MiB are some
// 500,000 names.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "event/name_texts.h"
#include "event/names.h"
#include "kernel/drop_reasons.h"
#include "kernel/netns.h"
#include "kernel/nft_rules.h"
#include "kernel/process_cgroups.h"
#include "kernel/symbols.h"
#include "probe/tracepoints.h"

namespace skbtrail::stream {

class LiveNames : public event::Names {
 public:
  static constexpr size_t kMostKept = 64u << 20;
  using FindStack = std::function<std::vector<uint64_t>(uint64_t id)>;

  LiveNames(kernel::DropReasons reasons, const std::vector<probe::Probe>& probes, FindStack find_stack = nullptr);

  std::string_view probe(uint16_t number) const override;
  std::string_view name(event::NameKind kind, uint64_t number) const override;
  std::string_view rule(const event::RuleName& rule) const override;
  const event::EventFormat* format(uint16_t number) const override;
  const event::ResultFormat* result(uint16_t number) const override;
  const event::ResetReasons* reset_reasons(uint16_t number) const override;
  bool has_drop_reason(std::string_view name) const override { return reasons_.has(name); }
  std::span<const uint64_t> stack(uint64_t id) const override;
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override;

  // The clocks drift apart when the time of day is set or slewed; call this now and then.
  void read_clocks();

  // A symbol was asked for and the kernel hides its addresses (Symbols::remedy).
  [[nodiscard]] bool symbols_hidden() const { return symbols_ && symbols_->hidden(); }
  // None of the names and stacks that were asked for was skipped for its size.
  [[nodiscard]] bool kept_all() const { return kept_all_; }

 private:
  // As the kernel says it now. Valid until the next call; empty: it has none.
  std::string_view ask(event::NameKind kind, uint64_t number) const;
  [[nodiscard]] std::string_view cgroup(uint32_t pid) const;

  std::vector<std::string> probes_;
  std::vector<std::shared_ptr<const event::EventFormat>> formats_;
  std::vector<std::shared_ptr<const probe::FunctionTarget>> functions_;
  std::vector<std::shared_ptr<const event::ResetReasons>> reset_reasons_;
  FindStack find_stack_;
  kernel::DropReasons reasons_;
  int64_t day_offset_ns_ = 0;
  mutable kernel::NetnsNames netns_;
  mutable kernel::NftRules rules_;
  mutable std::optional<kernel::ProcessCgroups> cgroups_;  // none where processes have other numbers in /proc
  mutable std::optional<kernel::Symbols> symbols_;
  mutable event::NameTexts texts_;
  mutable std::string asked_;
  mutable std::unordered_map<uint64_t, std::vector<uint64_t>> stacks_;
  mutable size_t stacks_kept_ = 0;
  mutable bool kept_all_ = true;
};

}  // namespace skbtrail::stream
