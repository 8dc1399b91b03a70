/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types, with only the fields that are used. The offsets written here mean nothing: CO-RE replaces them
 * by those of the running kernel when the object is loaded. Names must be the kernel's; what some kernels lack or have
 * otherwise is in kernel_differences.h.
 */
#ifndef SKBTRAIL_KERNEL_TYPES_H
#define SKBTRAIL_KERNEL_TYPES_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  unsigned int inum;
};

struct net_device;

struct net {
  struct ns_common ns;
  struct net_device* loopback_dev;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct net_device {
  char name[16];
  int ifindex;
  unsigned short type;
  possible_net_t nd_net;
};

struct in6_addr {
  union {
    __u32 u6_addr32[4];
  } in6_u;
};

struct sock;

struct sock_common {
  union {
    __u64 skc_addrpair; /* of which skc_daddr and skc_rcv_saddr are the halves */
    struct {
      __be32 skc_daddr;
      __be32 skc_rcv_saddr;
    };
  };
  union {
    __u32 skc_portpair;
    struct {
      __be16 skc_dport;
      __u16 skc_num;
    };
  };
  unsigned short skc_family;
  volatile unsigned char skc_state;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  struct sock* skc_listener; /* of a connection that is being accepted, TCP_NEW_SYN_RECV; a union with numbers */
};

struct inode {
  unsigned long i_ino;
};

struct cred;

struct file {
  const struct cred* f_cred; /* of who opened it */
};

/* A process's open files: an array of pointers, NULL where a descriptor is free. */
struct fdtable {
  unsigned int max_fds;
  struct file** fd;
};

struct files_struct {
  struct fdtable* fdt;
};

struct socket {
  struct file* file;
  struct sock* sk;
};

/* A socket that a process has, and its inode (include/net/sock.h). */
struct socket_alloc {
  struct socket socket;
  struct inode vfs_inode;
};

struct sock {
  struct sock_common __sk_common;
  struct socket* sk_socket;
  __u16 sk_protocol; /* 16 bits since 5.6 */
};

struct inet_sock {
  __be16 inet_sport;
};

/* What a socket's packet is sent by: with its route, where it goes. */
union flowi_uli {
  struct {
    __be16 dport;
    __be16 sport;
  } ports;
};
struct flowi_common {
  int flowic_oif;
  int flowic_iif;
  __u32 flowic_mark;
  __u8 flowic_tos;
  __u8 flowic_scope;
  __u8 flowic_proto;
};
struct flowi4 {
  __be32 saddr;
  __be32 daddr;
  union flowi_uli uli;
};
struct flowi6 {
  struct in6_addr daddr;
  struct in6_addr saddr;
  union flowi_uli uli;
};

struct tcp_sock {
  __u32 rcv_nxt;
};

struct tcp_skb_cb {
  __u32 seq;
  __u32 end_seq;
  __u8 tcp_flags; /* 16 bits from 6.16 on; the low byte is the same */
};

/* In skb->cb, from the IPv6 layer on. */
struct inet6_skb_parm {
  __u16 nhoff;
};

struct thread_info { /* arm64's */
  union {
    __u64 preempt_count;
    struct {
      __u32 count;
    } preempt;
  };
};

struct task_struct {
  struct thread_info thread_info;
  void* stack;
  unsigned int flags;
  int pid;
  int tgid;
  struct task_struct* group_leader;
  const struct cred* cred;
  struct files_struct* files;
  char comm[16];
};

typedef struct {
  int counter;
} atomic_t;

typedef struct {
  atomic_t refs;
} refcount_t;

struct list_head {
  struct list_head* next;
};

struct sk_buff;

struct sk_buff_head {
  struct sk_buff* next;
  struct sk_buff* prev;
};

struct sk_buff {
  struct list_head list; /* a union with other links (4.19) */
  struct net_device* dev;
  struct sock* sk;
  char cb[48];
  unsigned long _skb_refdst; /* the route, 0: none; in a TCP socket's queue a link to others */
  unsigned int len;
  unsigned int data_len;
  __u16 mac_len;
  __u16 queue_mapping;
  __u8 cloned : 1;
  __u8 pkt_type : 3;
  __u8 ip_summed : 2;
  __u8 encapsulation : 1;
  __u32 priority;
  int skb_iif;
  __u32 hash;
  __be16 vlan_proto;
  __u16 vlan_tci;
  unsigned int napi_id;
  __u32 mark;
  __be16 protocol;
  __u16 transport_header;
  __u16 network_header;
  __u16 mac_header;
  unsigned int tail; /* an offset from head on 64-bit machines */
  unsigned int end;
  unsigned char* head;
  unsigned char* data;
  unsigned int truesize;
  refcount_t users;
};

struct skb_shared_info {
  __u8 nr_frags;
  unsigned short gso_size;
  unsigned short gso_segs;
  unsigned int gso_type;
  struct sk_buff* frag_list;
  atomic_t dataref;
};

#pragma clang attribute pop

#endif
