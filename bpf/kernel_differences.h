/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What kernels have otherwise than others, from Linux 5.10 on, with the commit that made the difference. Here alone is
 * decided which of both this kernel has: by the configuration where user space tried it (src/load/running_kernel.cc),
 * by bpf_core_field_exists where its types tell. What kernels of other architectures have otherwise is in arch.h.
 *
 *   since   what                                                     commit         here
 *   5.12    atomic exchange in programs                              5ffa25502b5a   config.follow_hash; rings of our
 *                                                                                   own (ring.h), which ask for 6.2
 *   5.12    pointers as arguments of global functions                e5069b9c23b3   follow_hash.h
 *   5.15    attach cookies, of kprobes                               7adfc6c9b315   config.cookies
 *   5.17    a reason of kfree_skb                                    c504e5c2f964   position of the argument
 *                                                                                   (src/probe)
 *   5.18    kprobe.multi                                             0dcac2725406   config.cookies, .function_ip
 *   6.1     a program that runs is not entered again on its CPU      05b24ff9b2cf   the tag in `scratch` (maps.h)
 *   6.2     bpf_rdonly_cast()                                        a35b9af4ec2c   TYPED(), LOAD()
 *   6.2     the VLAN tag is present if any bit of the pair is set    354259fa73e2   vlan_tag()
 *   6.4     dynptrs of skbs                                          b5964b968ac6   bpf_dynptr_from_skb()
 *   6.10    kprobe.session                                           06ebfd11678a   bpf_session_is_return()
 *   6.10    attach cookies of raw tracepoints                        68ca5d4eebb8   shared programs (tracepoint.h)
 *   config  IPv6, conntrack and what it keeps                                       nhoff_of(), struct nf_conn___...
 */
#ifndef SKBTRAIL_KERNEL_DIFFERENCES_H
#define SKBTRAIL_KERNEL_DIFFERENCES_H

#include "kernel_types.h"
#include "maps.h"

/* Kernel functions, which are called by numbers (config.h). */
static void* (*const bpf_rdonly_cast)(const void* object, __u32 btf_id) = (void*)KERNEL_RDONLY_CAST;
static int (*const bpf_dynptr_from_skb)(struct __sk_buff* skb, __u64 flags,
                                        struct bpf_dynptr* made) = (void*)KERNEL_DYNPTR_FROM_SKB;
static bool (*const bpf_session_is_return)(const __u64* context) = (void*)KERNEL_SESSION_IS_RETURN;

/*
 * A pointer that may be NULL or stale. From 6.2 on the verifier trusts tracepoint arguments and some of what they point
 * to: it removes checks for NULL and lets the program read without fault handling. The cast takes that trust away, so
 * that a bad pointer reads as zeros. Before 6.2 there is neither the trust nor the cast.
 */
#define TYPED(type, pointer) \
  ((struct type*)(config.rdonly_cast ? bpf_rdonly_cast((pointer), config.types.type) : (void*)(pointer)))

/*
 * A field of a device, a socket or a namespace. In programs on tracepoints the verifier knows the type of every
 * pointer; in those on functions only where it can be told with a cast, else each field is read by address.
 */
#ifdef SKBTRAIL_FUNCTIONS
#define LOAD(object, field)                                              \
  ({                                                                     \
    const __typeof__(*(object))* object_ = (object);                     \
    config.rdonly_cast ? object_->field : BPF_CORE_READ(object_, field); \
  })
#else
#define LOAD(object, field) ((object)->field)
#endif

/* A field of a kernel struct at an address that is not typed; not 0: it cannot be read. */
#define READ_KERNEL(destination, type, address, field)       \
  bpf_probe_read_kernel(&(destination), sizeof(destination), \
                        (const void*)((address) + bpf_core_field_offset(struct type, field)))

/* The same of a number or a pointer, which is 0 where it cannot be read. A call costs as much as ten loads. */
#define LOAD_KERNEL(destination, type, address, field)                                                         \
  do {                                                                                                         \
    const __u64 from_ = (address) + bpf_core_field_offset(struct type, field);                                 \
    if (config.bytes_type)                                                                                     \
      (destination) = *(const __typeof__(destination)*)bpf_rdonly_cast((const void*)from_, config.bytes_type); \
    else                                                                                                       \
      bpf_probe_read_kernel(&(destination), sizeof(destination), (const void*)from_);                          \
  } while (0)

/* So many words, which are 0 where they cannot be read; false: a call said so. */
static __always_inline bool read_words(__u64* to, __u64 address, __u32 words) {
  if (config.bytes_type) {
    const __u64* from = bpf_rdonly_cast((const void*)address, config.bytes_type);

#pragma unroll
    for (__u32 i = 0; i < words; i++) to[i] = from[i];
    return true;
  }
  return !bpf_probe_read_kernel(to, words * sizeof(__u64), (const void*)address);
}

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff___vlan_all {
  __u32 vlan_all; /* vlan_proto and vlan_tci */
};
struct sk_buff___vlan_present {
  __u8 vlan_present : 1;
};

struct flowi_common___dscp {
  __u8 flowic_dscp; /* flowic_tos, since 6.18 */
};

/* Where there is conntrack. */
struct sk_buff___conntrack {
  unsigned long _nfct;
};
struct nf_conn___mark {
  __u32 mark; /* CONFIG_NF_CONNTRACK_MARK */
};
struct nf_conntrack_zone {
  __u16 id;
};
struct nf_conn___zone {
  struct nf_conntrack_zone zone; /* CONFIG_NF_CONNTRACK_ZONES */
};
union nf_inet_addr {
  __u32 all[4];
};
union nf_conntrack_man_proto {
  __be16 all;
};
struct nf_conntrack_man {
  union nf_inet_addr u3;
  union nf_conntrack_man_proto u;
  __u16 l3num;
};
struct nf_conntrack_tuple {
  struct nf_conntrack_man src;
  struct {
    union nf_inet_addr u3;
    union {
      __be16 all;
    } u;
    __u8 protonum;
  } dst;
};
struct nf_conntrack_tuple_hash {
  struct nf_conntrack_tuple tuple;
};
struct nf_conn___tuples {
  struct nf_conntrack_tuple_hash tuplehash[2]; /* IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY */
  unsigned long status;
};

#pragma clang attribute pop

/* The accelerated VLAN tag, TPID << 16 | TCI; 0 where there is none. */
static __always_inline __u32 vlan_tag(const struct sk_buff* skb) {
  bool present;

  if (bpf_core_field_exists(struct sk_buff___vlan_all, vlan_all))
    present = ((const struct sk_buff___vlan_all*)skb)->vlan_all != 0;
  else
    present = BPF_CORE_READ_BITFIELD((const struct sk_buff___vlan_present*)skb, vlan_present);
  if (!present) return 0;
  return (__u32)bpf_ntohs(skb->vlan_proto) << 16 | skb->vlan_tci;
}

/* IP6CB(skb)->nhoff; 0 where the kernel knows no IPv6. */
static __always_inline __u16 nhoff_of(const struct sk_buff* skb) {
  __u16 nhoff = 0;

  if (bpf_core_field_exists(struct inet6_skb_parm, nhoff))
    READ_KERNEL(nhoff, inet6_skb_parm, (__u64)skb + bpf_core_field_offset(struct sk_buff, cb), nhoff);
  return nhoff;
}

#endif
