#include "event/section/program.h"

#include <linux/bpf.h>

#include <optional>

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kProgram = REC_SECTION_PROGRAM;
constexpr std::string_view kPrefix = "bpf:";

Value name(const Event& event, Scratch&) {
  const auto name = program_name(event);
  return name.empty() ? Value(kUnknown) : Value(name);
}

Value id(const Event& event, Scratch&) {
  return event.program ? Value(uint64_t{event.program->id}) : Value(kUnknown);
}

Value type(const Event& event, Scratch&) {
  return event.program ? Value(program_kind(*event.program)) : Value(kUnknown);
}

Value queue(const Event& event, Scratch&) {
  return event.program && event.program->has_queue ? Value(uint64_t{event.program->queue}) : Value(kUnknown);
}

// Nothing: it is no return of such a program.
std::optional<uint32_t> xdp_action_of(const Event& event) {
  if (!is_at_xdp(event) || !event.has(REC_FLAG_RETURN) || !event.result) return std::nullopt;
  return static_cast<uint32_t>(event.result->value);
}

}  // namespace

std::string_view program_name(std::string_view probe) {
  if (!probe.starts_with(kPrefix)) return {};
  probe.remove_prefix(kPrefix.size());
  return probe.substr(0, probe.rfind('#'));
}

std::string_view program_name(const Event& event) {
  return event.program ? program_name(event.names->probe(event.core->probe)) : std::string_view();
}

bool is_xdp(const rec_program& program) {
  return program.type == BPF_PROG_TYPE_XDP;
}

std::string_view program_kind(const rec_program& program) {
  return is_xdp(program) ? "xdp" : "tc";
}

bool is_at_xdp(const Event& event) {
  return event.program && is_xdp(*event.program);
}

bool is_passed_by_xdp(const Event& event) {
  return xdp_action_of(event) == XDP_PASS;
}

bool is_dropped_by_xdp(const Event& event) {
  const auto action = xdp_action_of(event);
  return action && *action != XDP_PASS && *action != XDP_TX && *action != XDP_REDIRECT;
}

bool is_sent_by_xdp(const Event& event) {
  return xdp_action_of(event) == XDP_TX;
}

bool is_redirected_by_xdp(const Event& event) {
  return xdp_action_of(event) == XDP_REDIRECT;
}

std::vector<Field> program_fields() {
  constexpr bool sparse = true;
  return {
      {"program", Type::text, "", "BPF program that looked at the packet (-t bpf:*)", kProgram, false, 12, sparse,
       name},
      {"program_id", Type::number, "", "its number in the kernel", kProgram, false, 6, sparse, id},
      {"program_type", Type::text, "", "its kind: xdp, tc", kProgram, false, 3, sparse, type},
      {"rx_queue", Type::number, "", "of XDP: the device's queue that the packet came by", kProgram, false, 2, sparse,
       queue},
  };
}

}  // namespace skbtrail::event
