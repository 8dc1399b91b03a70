#include "recording/residual.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "recording/format.h"
#include "recording/sections.h"

namespace skbtrail::recording {

namespace {

constexpr uint32_t kOwnSize = 576;

// Where the bytes of the packet start, from head on.
uint16_t start_of_bytes(const rec_skb& skb, const rec_core& core) {
  return core.start_layer == REC_START_LINK ? skb.mac_header : skb.network_header;
}

uint32_t predicted_len(const rec_skb& skb, const rec_core& core) {
  return core.wire_len - static_cast<uint32_t>(skb.headroom - start_of_bytes(skb, core));
}

uint16_t predicted_network_header(const rec_skb& skb, const rec_core& core, uint8_t version) {
  const bool from_link = version >= kVersionOfLen && core.start_layer == REC_START_LINK;
  return static_cast<uint16_t>(skb.mac_header + (from_link ? core.network_offset : skb.mac_len));
}

uint32_t linear_end(const rec_skb& skb, const rec_core& core) {
  return skb.headroom + core.len - skb.data_len;
}

constexpr __u16 kUsualFlags = REC_FLAG_LEN | REC_FLAG_MARK;

// Where the number is.
constexpr size_t kNumberAt = sizeof(rec_task::pad) - sizeof(uint32_t);

}  // namespace

void to_residual(rec_core& core) {
  if (core.sections & REC_SECTION_BYTES) core.protocol ^= htons(ETH_P_IP);
  core.sections ^= kUsualSections;
  core.flags ^= kUsualFlags;
  core.network_offset ^= ETH_HLEN;
  core.start_layer ^= REC_START_LINK;
}

// The same lines from the last to the first.
void from_residual(rec_core& core, uint8_t version) {
  core.start_layer ^= REC_START_LINK;
  core.network_offset ^= ETH_HLEN;
  core.flags ^= kUsualFlags;
  core.sections ^= kUsualSections;
  if (version >= kVersionOfLen && core.sections & REC_SECTION_BYTES) core.protocol ^= htons(ETH_P_IP);
}

// Each line uses only what the lines after it still have to change.
void to_residual(rec_skb& skb, rec_core& core) {
  skb.tail -= linear_end(skb, core);
  core.len -= predicted_len(skb, core);
  skb.end -= skb.truesize - kOwnSize;
  skb.transport_header = static_cast<uint16_t>(skb.transport_header - skb.network_header);
  skb.network_header = static_cast<uint16_t>(skb.network_header - predicted_network_header(skb, core, kVersion));
  skb.mac_len = static_cast<uint16_t>(skb.mac_len - (skb.headroom - skb.mac_header));
  skb.headroom = static_cast<uint16_t>(skb.headroom - skb.mac_header);
  skb.users--;
  if (skb.shared_known) skb.dataref--;
  skb.shared_known ^= 1;
}

// The same lines from the last to the first.
void from_residual(rec_skb& skb, rec_core& core, uint8_t version) {
  const bool with_len = version >= kVersionOfLen;
  skb.shared_known ^= 1;
  if (skb.shared_known) skb.dataref++;
  skb.users++;
  skb.headroom = static_cast<uint16_t>(skb.headroom + skb.mac_header);
  if (with_len) skb.mac_len = static_cast<uint16_t>(skb.mac_len + (skb.headroom - skb.mac_header));
  skb.network_header = static_cast<uint16_t>(skb.network_header + predicted_network_header(skb, core, version));
  skb.transport_header = static_cast<uint16_t>(skb.transport_header + skb.network_header);
  skb.end += skb.truesize - kOwnSize;
  if (with_len) core.len += predicted_len(skb, core);
  skb.tail += linear_end(skb, core);
}

uint32_t number_of_comm(const rec_task& task) {
  uint64_t words[2] = {};
  static_assert(sizeof(words) == sizeof(task.comm));
  std::memcpy(words, task.comm, sizeof(words));
  if (!(words[0] | words[1])) return 0;
  // Odd factors, whose upper halves depend on every bit.
  const uint64_t mixed = (words[0] ^ (words[1] * 0x9e3779b97f4a7c15 >> 7)) * 0xd6e8feb86659fd93;
  return std::max(static_cast<uint32_t>((mixed ^ mixed >> 29) * 0xd6e8feb86659fd93 >> 32), 1u);
}

void name_comm(rec_task& task, uint32_t number) {
  std::memset(task.comm, 0, sizeof(task.comm));
  std::memcpy(task.pad + kNumberAt, &number, sizeof(number));
}

uint32_t number_of_named_comm(const rec_task& task) {
  uint32_t number = 0;
  std::memcpy(&number, task.pad + kNumberAt, sizeof(number));
  return number;
}

void restore_comm(rec_task& task, std::string_view comm) {
  std::memset(task.pad + kNumberAt, 0, sizeof(uint32_t));
  std::memset(task.comm, 0, sizeof(task.comm));
  std::memcpy(task.comm, comm.data(), std::min(comm.size(), sizeof(task.comm)));
}

}  // namespace skbtrail::recording
