// Which tracepoints are probes, and what the kernel side must know of each.
//
// Every tracepoint with an skb among its arguments is one, found in BTF; nothing is listed by name but the few whose
// skb may not be looked at (see skb_not_owned in tracepoints.cc).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/config.h"
#include "event/event_format.h"
#include "event/names.h"
#include "event/result_format.h"
#include "kernel/btf.h"

namespace skbtrail::probe {

// Of a probe that is a function.
struct FunctionTarget {
  std::vector<uint64_t> addresses;  // where it begins: several of one name are possible; empty: the kernel hides them
  event::ResultFormat result;
  uint8_t words = 0;  // registers that its arguments take
};

// Of a probe that is a BPF program (programs.h).
struct ProgramTarget {
  uint32_t id = 0;
  std::string entry;  // the function where it begins, in its own types
};

struct Probe {
  std::string name;    // of the tracepoint or function; "bpf:NAME" of a BPF program
  std::string module;  // vmlinux, or the module it lives in
  probe_config config{};
  // Of what the tracepoint hands out, where that was asked for.
  std::shared_ptr<const event::EventFormat> format = nullptr;
  // The kernel has a type for it, so that a program of the typed kind makes the record. Else it is a perf
  // tracepoint alone, as system calls are.
  bool typed = true;
  std::shared_ptr<const FunctionTarget> function = nullptr;    // it is one, and no tracepoint
  std::shared_ptr<const ProgramTarget> program = nullptr;      // it is a BPF program, which is a function, too
  std::shared_ptr<const event::ResetReasons> reset_reasons{};  // a reset is sent here, and why is told
  std::string group{};  // of the tracepoint in the kernel, where that was asked for; a format knows its own
  std::vector<std::string> groups{};  // of tracers that it belongs to, outermost first

  // Of the tracepoint in the kernel; empty where it is not known, and of functions.
  [[nodiscard]] const std::string& group_name() const;
  // With its group, where that is known.
  [[nodiscard]] std::string full_name() const;
  // By a shell glob, with or without a group, or by the name of a group of tracers.
  [[nodiscard]] bool is_named_by(const std::string& word) const;
  [[nodiscard]] bool has_skb() const { return config.skb_arg != SKBTRAIL_NO_ARG; }
  // It has none among its arguments, and some of its hits have one all the same (found_packet.h).
  [[nodiscard]] bool finds_skb() const { return config.skb_via >= VIA_STACK; }
  // A program hangs on its perf event.
  [[nodiscard]] bool has_perf_event() const { return format && format->id != 0; }
};

// Any tracepoint; one without an skb gives none of what is said of packets.
Probe probe_of(const kernel::Tracepoint& tracepoint);

// The probes with an skb of this kernel by name. Sections are set to what each probe can fill.
std::vector<Probe> skb_tracepoints(const kernel::Btf& btf);

}  // namespace skbtrail::probe
