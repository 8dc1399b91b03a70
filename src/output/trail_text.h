// What of a trail is said in words: its fate, its way, what changed.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "trail/trail.h"

namespace skbtrail::output {

// The signs that a terminal may not have.
struct Signs {
  std::string_view arrow, micro, child, times, bar, back, link, drop;
};
const Signs& signs(bool ascii);

// "412 ns", "6.1 µs", "12.3 ms", "2.04 s".
void append_duration(fmt::memory_buffer& out, uint64_t ns, const Signs& signs);

// "DELIVERED to ping[812]", "DROPPED: NO_SOCKET in icmp_rcv, at eth0 of web".
void append_fate(fmt::memory_buffer& out, const trail::Trail& trail);
void append_branch_fate(fmt::memory_buffer& out, const trail::Trail& trail, const trail::Branch& branch);

// The terminal's, of a fate.
std::string_view color_of(trail::Fate fate);

// What it is to the skb that it descends from: "clone", "copy to ask who has the next hop".
void append_descent(fmt::memory_buffer& out, const trail::Trail& trail, const trail::Branch& branch);

// "ping[812] → pod-a → host": from where to which namespace; what became of it there is the fate.
void append_way(fmt::memory_buffer& out, const trail::Trail& trail, const Signs& signs);

// "src 10.0.0.2:41012 → 203.0.113.9:2051", "ttl 64 → 63"; "NAT src ..." where the connection is known to say so.
void append_change(fmt::memory_buffer& out, const trail::Change& change, const Signs& signs);

// "nginx[77]", "nginx[77] in container 0123456789ab", "sshd[812] of ssh.service": where it runs, if that is short.
void append_task_of(fmt::memory_buffer& out, const trail::Trail& trail, const trail::Task& task);

void append_netns(fmt::memory_buffer& out, const trail::Trail& trail, uint32_t netns);
void append_ends(fmt::memory_buffer& out, const trail::Ends& ends);

// "none", "unnecessary", "complete", "partial".
std::string_view checksum_name(uint32_t state);

}  // namespace skbtrail::output
