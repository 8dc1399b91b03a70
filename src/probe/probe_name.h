// Names of probes: "kfree_skb", "skb:kfree_skb", "ip_rcv", and what words of -t, -x, --stack and list say of them. Live
// and recorded probes are named by this alone.
#pragma once

#include <string>
#include <string_view>

namespace skbtrail::probe {

// Only tracepoints have a group; BPF programs ("bpf:NAME") have it in their names.
inline bool is_tracepoint_name(std::string_view name) {
  return name.find(':') != std::string_view::npos;
}

// Whether a name or a glob names the probe: with a colon it is one of the whole name, "skb:*", else of the name without
// its group. `group`: of a tracepoint; empty where it is not known, and of functions and BPF programs. Of those a
// number that tells programs of one name apart, "bpf:NAME#7", need not be in the word.
bool names_probe(const std::string& word, const std::string& group, const std::string& name);

}  // namespace skbtrail::probe
