#include "event/call_path.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace skbtrail::event {

namespace {

// Frames among which the tracepoint's own code can be: it is never deeper, and a traced function may have such a name.
constexpr size_t kOurs = 10;

constexpr std::array<std::string_view, 9> kTracing{"bpf_prog_",     "bpf_trace_run",  "__bpf_trace_",
                                                   "__traceiter_",  "__probestub_",   "perf_trace_",
                                                   "perf_syscall_", "trace_call_bpf", "bpf_trampoline_"};

bool is_tracing(std::string_view symbol) {
  return std::any_of(kTracing.begin(), kTracing.end(), [&](auto prefix) { return symbol.starts_with(prefix); });
}

// "ip_rcv+0x5" or "ip_rcv.constprop.0+0x0", for ip_rcv: where a probe at its entry is.
bool is_entry_of(std::string_view function, std::string_view symbol) {
  if (!symbol.starts_with(function)) return false;
  symbol.remove_prefix(function.size());
  return symbol.starts_with('.') || symbol.starts_with("+0x");
}

}  // namespace

CallPath call_path(std::span<const uint64_t> frames, const Names& names, std::string_view function) {
  frames = frames.first(static_cast<size_t>(std::find(frames.begin(), frames.end(), 0) - frames.begin()));
  size_t begin = 0;
  bool named = false;
  for (size_t i = 0; i < std::min(frames.size(), kOurs); i++) {
    const std::string_view symbol = names.name(NameKind::symbol, frames[i]);
    named |= !symbol.empty();
    if (is_tracing(symbol)) begin = i + 1;
  }
  if (!function.empty() && begin < frames.size() && is_entry_of(function, names.name(NameKind::symbol, frames[begin])))
    begin++;
  return {frames.subspan(begin), named};
}

}  // namespace skbtrail::event
