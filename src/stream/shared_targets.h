// What user space tells programs of what is asked for, in memory and maps that both see: the same of a session and of a
// counter.
#pragma once

#include "bpf/config.h"
#include "load/bpf_kernel.h"
#include "load/plan.h"
#include "load/session_error.h"

namespace skbtrail::stream {

// `shared`: mapped. Programs may run meanwhile.
inline void share_targets(::targets& shared, const ::targets& now) {
  for (size_t i = 0; i < SKBTRAIL_LINKS; i++) __atomic_store_n(&shared.links[i], now.links[i], __ATOMIC_RELAXED);
  __atomic_store_n(&shared.netns, now.netns, __ATOMIC_RELEASE);
}

// The sockets that wanted tasks have open at the start. Throws SessionError.
inline void fill_owners(load::BpfKernel& kernel, const load::BpfObject& maps, const load::Plan& plan) {
  if (plan.owned_inodes.empty()) return;
  const int map = maps.map("owned_inodes");
  const uint8_t yes = 1;
  for (const uint64_t inode : plan.owned_inodes)
    load::check(kernel.update(map, &inode, &yes), "cannot fill the table of sockets");
}

}  // namespace skbtrail::stream
