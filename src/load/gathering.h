// Where a packet filter may read an skb with its fragments (bpf/packet_filter.h, gathered).
#pragma once

#include "kernel/btf.h"
#include "load/bpf_kernel.h"
#include "probe/tracepoints.h"

namespace skbtrail::load {

// Whether the kernel lets a program on this tracepoint call bpf_dynptr_from_skb, whose BTF id is given. It has that
// function since 6.4, lets programs on tracepoints call it since 6.12, and none with an skb that may be NULL
// (raw_tp_null_args in kernel/bpf/btf.c): on 6.18 qdisc_dequeue and two more. Asked by a program of a few instructions,
// since one that reads fragments takes the verifier five times as long. True where that is not known: of modules.
bool may_gather_at(BpfKernel& kernel, const probe::Probe& tracepoint, const kernel::Btf& types,
                   uint32_t dynptr_from_skb);

}  // namespace skbtrail::load
