// Which tracepoints are probes, and what the kernel side must know of each.
//
// Every tracepoint with an skb among its arguments is one, found in BTF; nothing is listed by name but the few whose
// skb may not be looked at (see skb_gone in tracepoints.cc).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bpf/config.h"
#include "kernel/btf.h"

namespace skbtrail::probe {

struct Probe {
  std::string name;    // of the tracepoint
  std::string module;  // vmlinux, or the module it lives in
  probe_config places{};
};

// The probes of this kernel by name. Sections are set to what each probe can fill.
std::vector<Probe> skb_tracepoints(const kernel::Btf& btf);

struct Selection {
  std::vector<Probe> chosen;
  std::vector<std::string> unknown;  // patterns that name nothing, as the user wrote them
};

// Those of `all` that one of `wanted` names (all of them where it is empty) and none of `unwanted`. Patterns are shell
// globs.
Selection select(const std::vector<Probe>& all, const std::vector<std::string>& wanted,
                 const std::vector<std::string>& unwanted);

}  // namespace skbtrail::probe
