/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --pid and --comm: is the packet's socket owned by a task that was asked for, or is such a task doing this itself?
 *
 * A socket's owner is whoever has it open. User space fills `owned_inodes` from /proc before the start; here sockets
 * are added when a wanted task uses them. A socket that was closed has no inode any more, so sockets are remembered by
 * address too, together with the addresses and ports that they had: a new socket at the same address is another one.
 * The listener answers for a connection that is being accepted.
 */
#ifndef SKBTRAIL_OWNER_H
#define SKBTRAIL_OWNER_H

#include "protocols.h"
#include "section/task.h"

/* The sockets used last; only where asked for, else one entry. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1); /* set before loading */
  __type(key, __u64);     /* inode number */
  __type(value, __u8);
} owned_inodes SEC(".maps");

struct connection {
  __u64 addresses;
  __u64 ports;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1); /* set before loading */
  __type(key, __u64);     /* struct sock */
  __type(value, struct connection);
} owned_sockets SEC(".maps");

/* bpf/config.h draws the automaton. */
static __always_inline bool match_comm(const char* comm) {
  __u32 states = config.comm.begin;

  for (int i = 0; i < REC_COMM; i++) {
    __u8 byte = comm[i];

    if (!byte) break;
    states = (states & config.comm.stays) | (states & config.comm.next[byte]) << 1;
  }
  return states & config.comm.end;
}

static __always_inline bool match_task(const struct rec_task* task) {
  if (task->context != REC_CONTEXT_PROCESS) return false;
  if (config.match_pid && task->pid != config.pid) return false;
  if (config.match_comm && !match_comm(task->comm)) return false;
  return true;
}

/* The number of the socket's inode, 0 where it has none: a kernel's own socket, one not accepted yet, or closed. */
static __always_inline __u64 inode_of(const struct sock* sk) {
  const struct socket* socket = sk->sk_socket;
  unsigned long number = 0;

  if (!socket) return 0;
  if (config.rdonly_cast) return TYPED(socket_alloc, socket)->vfs_inode.i_ino;
  READ_KERNEL(number, socket_alloc, (__u64)socket, vfs_inode.i_ino);
  return number;
}

/* The socket that stands for this one; 0: none is known. */
static __always_inline const struct sock* full_socket(const struct sock* sk) {
  __u8 state;

  if (!sk || !sk->__sk_common.skc_family) return 0;
  state = sk->__sk_common.skc_state;
  if (state == TCP_TIME_WAIT) return 0;
  if (state == TCP_NEW_SYN_RECV) return TYPED(sock, sk->__sk_common.skc_listener);
  return sk;
}

static __always_inline void remember(__u64 key, const struct connection* now, __u64 inode) {
  __u8 yes = 1;

  bpf_map_update_elem(&owned_sockets, &key, now, BPF_ANY);
  if (inode && !bpf_map_lookup_elem(&owned_inodes, &inode)) bpf_map_update_elem(&owned_inodes, &inode, &yes, BPF_ANY);
}

static __always_inline bool match_owner(const struct rec_task* task, const struct sock* sk) {
  bool wanted_task = match_task(task);
  const struct sock* full = full_socket(sk);
  const struct connection* known;
  struct connection now;
  __u64 inode, key;

  if (!full) return wanted_task;
  key = (__u64)full;
  inode = inode_of(full);
  now.addresses = full->__sk_common.skc_addrpair;
  now.ports = full->__sk_common.skc_portpair;
  known = bpf_map_lookup_elem(&owned_sockets, &key);
  if (inode) {
    bool owned = wanted_task || bpf_map_lookup_elem(&owned_inodes, &inode);

    if (owned && (!known || known->addresses != now.addresses || known->ports != now.ports)) remember(key, &now, inode);
    return owned;
  }
  return wanted_task || (known && known->addresses == now.addresses && known->ports == now.ports);
}

#endif
