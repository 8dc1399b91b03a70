// The prefilter. A filter that nothing matches is evaluated at every hit, and most hits are of plain packets: IP
// directly after an Ethernet header or without one, no VLAN tag, no IP options. For these a few dozen instructions say
// whether the filter certainly refuses; everything else is looked at in full (filter/packet_filter.h).
//
//   R1 ─► | Ethernet type | IP header ...         R4  the first eight of these bytes
//          2 bytes         R2 bytes of it may be read, signed
//
//   R1  bytes      pointer, known to the verifier; the Ethernet type there is not looked at
//   R3  protocol   the Ethernet type, in network order
//
// Where the filter refuses this packet it ends the program, which returns `refused` (exit); it runs off its end where
// the slow path has to look. It uses R0 to R5, no stack, no call, so that it can be put into a program
// (load/specialise.h). Every load costs as much as five other instructions, for the kernel guards it: bytes come from
// the eight that are in R4, or from eight more that are read together, where they can. An IPv4 header has the usual
// length, and then every offset that depends on it is known; one with options is looked at in full. A header may still
// be without its length and checksum (bpf/headers.h): whoever asks for these takes the slow path.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "filter/classic.h"

namespace skbtrail::filter {

// `readable`: how many bytes the verifier lets be read after R1. Nothing where there is no prefilter: the filter asks
// for link-layer addresses, lengths or directions, or never says no.
std::optional<std::vector<bpf_insn>> prefilter_code(const ClassicProgram& program, uint32_t readable,
                                                    uint32_t refused = 0);

// Whether the filter may want a packet with a VLAN tag beside its bytes. If not, the prefilter need not know of one.
bool may_want_tagged(const ClassicProgram& program);

// Whether the filter may ask for an IP header's length or checksum.
bool asks_fields_written_last(const ClassicProgram& program);

}  // namespace skbtrail::filter
