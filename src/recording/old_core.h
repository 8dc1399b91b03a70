// The core of a record (bpf/record.h) as versions 1 to 4 of recordings have it, from `sk` on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "bpf/record.h"

namespace skbtrail::recording {

struct OldCore {
  uint64_t sk;
  uint32_t lost[REC_LOSS_CAUSES];
  uint32_t len;
  uint32_t mark;
  uint16_t probe;
  uint16_t cpu;
  uint16_t sections;
  uint16_t flags;
  uint16_t protocol;
  uint16_t vlan_proto;
  uint16_t vlan_tci;
  uint16_t caplen;  // 0
  uint16_t network_offset;
  uint8_t start_layer;
  uint8_t pkt_type;
  uint32_t wire_len;
};
static_assert(sizeof(OldCore) == sizeof(rec_core) - offsetof(rec_core, sk));

inline void read_old_core(rec_core& core, const void* from) {
  OldCore old{};
  std::memcpy(&old, from, sizeof(old));
  core.sk = old.sk;
  std::copy(std::begin(old.lost), std::end(old.lost), core.lost);
  core.len = old.len;
  core.mark = old.mark;
  core.probe = old.probe;
  core.cpu = old.cpu;
  core.flags = old.flags;
  core.protocol = old.protocol;
  core.sections = old.sections;
  core.vlan_proto = old.vlan_proto;
  core.vlan_tci = old.vlan_tci;
  core.network_offset = old.network_offset;
  core.start_layer = old.start_layer;
  core.pkt_type = old.pkt_type;
  core.wire_len = old.wire_len;
}

}  // namespace skbtrail::recording
