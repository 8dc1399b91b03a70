// Names for a live trace, from the running kernel.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "event/names.h"
#include "kernel/drop_reasons.h"
#include "kernel/netns.h"
#include "kernel/symbols.h"
#include "probe/tracepoints.h"

namespace skbtrail::stream {

class LiveNames : public event::Names {
 public:
  using FindStack = std::function<std::vector<uint64_t>(uint64_t id)>;

  LiveNames(kernel::DropReasons reasons, const std::vector<probe::Probe>& probes, FindStack find_stack = nullptr);

  std::string_view probe(uint16_t number) const override;
  std::string_view netns(uint32_t inum) const override;
  std::string_view drop_reason(uint32_t reason) const override;
  std::string_view symbol(uint64_t address) const override;
  const event::EventFormat* format(uint16_t number) const override;
  const event::ResultFormat* result(uint16_t number) const override;
  const event::ResetReasons* reset_reasons(uint16_t number) const override;
  std::span<const uint64_t> stack(uint64_t id) const override;
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override;

  // The clocks drift apart when the time of day is set or slewed; call this now and then.
  void read_clocks();

  // A symbol was asked for and the kernel hides its addresses (Symbols::remedy).
  [[nodiscard]] bool symbols_hidden() const { return symbols_ && symbols_->hidden(); }

 private:
  std::vector<std::string> probes_;
  std::vector<std::shared_ptr<const event::EventFormat>> formats_;
  std::vector<std::shared_ptr<const probe::FunctionPlace>> functions_;
  std::vector<std::shared_ptr<const event::ResetReasons>> reset_reasons_;
  FindStack find_stack_;
  kernel::DropReasons reasons_;
  int64_t day_offset_ns_ = 0;
  mutable kernel::NetnsNames netns_;
  mutable std::optional<kernel::Symbols> symbols_;
  mutable std::unordered_map<uint32_t, std::string> reason_names_;
  mutable std::unordered_map<uint64_t, std::string> symbol_names_;
  mutable std::unordered_map<uint64_t, std::vector<uint64_t>> stacks_;
};

}  // namespace skbtrail::stream
