// The way that led to a probe: return addresses as the kernel side took them, without those of our own programs and of
// the code that calls them.
//
//   bpf_prog_..._probe_0a            ours
//   bpf_trace_run4                   kernel/trace/bpf_trace.c
//   __bpf_trace_kfree_skb            include/trace/bpf_probe.h
//   __traceiter_kfree_skb            kernel/tracepoint.c, where more than one hangs on it
//   sk_skb_reason_drop+0x5e          here is the tracepoint: the caller
//   udp_queue_rcv_one_skb+0x2b6
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "event/names.h"

namespace skbtrail::event {

// The part of `frames` that is the traced kernel's: from the function in which the tracepoint is on, up to the
// first zero. Where the kernel hides its symbols nothing can be told apart, and everything is left.
// `told_apart` says whether it could.
struct CallPath {
  std::span<const uint64_t> frames;
  bool told_apart = false;
};
// `function`: the probe is at a function of this name, which then is first and is skipped: the caller comes next.
CallPath call_path(std::span<const uint64_t> frames, const Names& names, std::string_view function = {});

}  // namespace skbtrail::event
