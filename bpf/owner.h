/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --pid and --comm: is the packet's socket owned by a task that was asked for, or is such a task doing this itself?
 *
 * A socket's owner is whoever has it open. User space fills `owned_inodes` from /proc before the start; here sockets
 * are added when a wanted task that has them open uses them. A socket that was closed has no inode any more, so sockets
 * are remembered by address too, together with the addresses and ports that they had: a new socket at the same address
 * is another one. The listener answers for a connection that is being accepted.
 */
#ifndef SKBTRAIL_OWNER_H
#define SKBTRAIL_OWNER_H

#include "protocols.h"
#include "section/task.h"

static __always_inline bool match_comm(const char* comm) {
  return match_glob(&config.comm, comm);
}

/* The thread's own name, or that of its process. */
static __always_inline bool match_names(void) {
  struct task_struct* leader = 0;
  char comm[REC_COMM] = {};

  if (bpf_get_current_comm(comm, sizeof(comm))) return false;
  if (match_comm(comm)) return true;
  READ_KERNEL(leader, task_struct, bpf_get_current_task(), group_leader);
  return leader && !READ_KERNEL(comm, task_struct, (__u64)leader, comm) && match_comm(comm);
}

/* Its number, or the one that it has in the PID namespace that is asked for and that it lives in (Linux 5.7). */
static __always_inline bool is_wanted_process(void) {
  struct bpf_pidns_info numbers = {};

  if (!config.pidns_inode) return bpf_get_current_pid_tgid() >> 32 == config.pid;
  if (bpf_get_ns_current_pid_tgid(config.pidns_device, config.pidns_inode, &numbers, sizeof(numbers))) return false;
  return numbers.tgid == config.pid;
}

static __always_inline bool match_task(void) {
  if (config.match_pid && !is_wanted_process()) return false;
  return !config.match_comm || match_names();
}

/* The number of the socket's inode, 0 where it has none: a kernel's own socket, one not accepted yet, or closed.
 * Everything here is read by address: it is rare work, and a listener's type is lost to the verifier in a union. */
static __always_inline __u64 inode_of(__u64 socket) {
  unsigned long number = 0;

  if (socket) READ_KERNEL(number, socket_alloc, socket, vfs_inode.i_ino);
  return number;
}

/* The address of the full socket of this one; 0: none is known. */
static __always_inline __u64 full_socket(__u64 sk) {
  struct sock* listener = 0;
  __u16 family = 0;
  __u8 state = 0;

  if (!sk) return 0;
  READ_KERNEL(family, sock, sk, __sk_common.skc_family);
  READ_KERNEL(state, sock, sk, __sk_common.skc_state);
  if (!family || state == TCP_TIME_WAIT) return 0;
  if (state != TCP_NEW_SYN_RECV) return sk;
  READ_KERNEL(listener, sock, sk, __sk_common.skc_listener);
  return (__u64)listener;
}

/* Descriptors of a process that are looked through; what is open after them is its own if it opened it itself. */
#define FILES_MAX     256
#define FILES_AT_ONCE 8 /* a table has a multiple of 64 */

/*
 * Does the task on the CPU have this struct socket open? A task works on the packets of others, too: it sends what
 * waits in a device's queue before its own packet, and frees what was sent. Asked once for each socket that is its own.
 *
 * Global, so that it is verified by itself and not with all that comes after it.
 */
__noinline int has_open(__u64 socket) {
  __u64 task = bpf_get_current_task();
  __u64 file = 0, owner = 0, own = 0, files = 0, table = 0, first = 0, others = ~0ULL;
  __u64 some[FILES_AT_ONCE];
  __u32 count = 0;

  READ_KERNEL(file, socket, socket, file);
  if (!file) return 0;
  READ_KERNEL(owner, file, file, f_cred);
  READ_KERNEL(own, task_struct, task, cred);
  if (owner == own) return 1; /* no two processes share credentials */
  READ_KERNEL(files, task_struct, task, files);
  READ_KERNEL(table, files_struct, files, fdt);
  READ_KERNEL(count, fdtable, table, max_fds);
  READ_KERNEL(first, fdtable, table, fd);
  for (__u32 i = 0; i < FILES_MAX && i < count; i += FILES_AT_ONCE) {
    if (bpf_probe_read_kernel(some, sizeof(some), (const void*)(first + i * sizeof(__u64)))) return 0;
    for (int j = 0; j < FILES_AT_ONCE; j++) {
      __u64 difference = some[j] ^ file, negative = -difference;

      barrier_var(negative); /* no branches, each of which the verifier would follow */
      others &= (difference | negative) >> 63;
    }
    HIDE_RANGE(others);
  }
  return !(others & 1);
}

static __always_inline void remember(__u64 key, const struct connection* now, __u64 inode) {
  __u8 yes = 1;

  bpf_map_update_elem(&owned_sockets, &key, now, BPF_ANY);
  if (inode && !bpf_map_lookup_elem(&owned_inodes, &inode)) bpf_map_update_elem(&owned_inodes, &inode, &yes, BPF_ANY);
}

static __always_inline bool is_same(const struct connection* known, const struct connection* now, __u16 port) {
  /* UDP takes the port from a socket that is closed; what it sent before may still wait in a device's queue. */
  return known && known->addresses == now->addresses && (known->ports == now->ports || !port);
}

/* `sk` is an address; `in_task` says that the task on the CPU does this itself. Global, as has_open() is. */
__noinline int match_owner(__u64 sk, __u64 in_task) {
  bool wanted_task = in_task && match_task();
  __u64 key = full_socket(sk);
  const struct connection* known;
  struct connection now = {};
  __u64 socket = 0, inode;
  __u32 ports = 0;
  __u16 port = 0;

  if (!key) return wanted_task;
  READ_KERNEL(socket, sock, key, sk_socket);
  READ_KERNEL(now.addresses, sock, key, __sk_common.skc_addrpair);
  READ_KERNEL(ports, sock, key, __sk_common.skc_portpair);
  READ_KERNEL(port, sock, key, __sk_common.skc_num);
  now.ports = ports;
  inode = inode_of(socket);
  known = bpf_map_lookup_elem(&owned_sockets, &key);
  if (inode) {
    bool owned = bpf_map_lookup_elem(&owned_inodes, &inode) || (wanted_task && has_open(socket));

    if (owned && !is_same(known, &now, 1)) remember(key, &now, inode);
    if (!owned && known) bpf_map_delete_elem(&owned_sockets, &key);
    return owned || wanted_task;
  }
  return wanted_task || is_same(known, &now, port);
}

#endif
