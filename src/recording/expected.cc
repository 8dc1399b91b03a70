#include "recording/expected.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace skbtrail::recording {

namespace {

constexpr uint32_t kOwnSize = 576;

uint32_t linear_end(const rec_skb& skb, const rec_core& core) {
  return skb.headroom + core.len - skb.data_len;
}

constexpr __u16 kUsualSections = REC_SECTION_DEVICE | REC_SECTION_TASK | REC_SECTION_SKB | REC_SECTION_BYTES;
constexpr __u16 kUsualFlags = REC_FLAG_LEN | REC_FLAG_MARK;
constexpr __u16 kEthernetHeader = 14;

// Where the number is.
constexpr size_t kNumberAt = sizeof(rec_task::pad) - sizeof(uint32_t);

}  // namespace

void change_expected(rec_core& core) {
  core.sections ^= kUsualSections;
  core.flags ^= kUsualFlags;
  core.network_offset ^= kEthernetHeader;
  core.start_layer ^= REC_START_LINK;
}

// Each line uses only what the lines behind it still have to change.
void leave_out_expected(rec_skb& skb, const rec_core& core) {
  skb.tail -= linear_end(skb, core);
  skb.end -= skb.truesize - kOwnSize;
  skb.transport_header = static_cast<uint16_t>(skb.transport_header - skb.network_header);
  skb.network_header = static_cast<uint16_t>(skb.network_header - (skb.mac_header + skb.mac_len));
  skb.headroom = static_cast<uint16_t>(skb.headroom - skb.mac_header);
  skb.users--;
  if (skb.shared_known) skb.dataref--;
  skb.shared_known ^= 1;
}

// The same lines from the last to the first.
void put_back_expected(rec_skb& skb, const rec_core& core) {
  skb.shared_known ^= 1;
  if (skb.shared_known) skb.dataref++;
  skb.users++;
  skb.headroom = static_cast<uint16_t>(skb.headroom + skb.mac_header);
  skb.network_header = static_cast<uint16_t>(skb.network_header + (skb.mac_header + skb.mac_len));
  skb.transport_header = static_cast<uint16_t>(skb.transport_header + skb.network_header);
  skb.end += skb.truesize - kOwnSize;
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

void leave_out_comm(rec_task& task, uint32_t number) {
  std::memset(task.comm, 0, sizeof(task.comm));
  std::memcpy(task.pad + kNumberAt, &number, sizeof(number));
}

uint32_t number_of_left_out_comm(const rec_task& task) {
  uint32_t number = 0;
  std::memcpy(&number, task.pad + kNumberAt, sizeof(number));
  return number;
}

void put_back_comm(rec_task& task, std::string_view comm) {
  std::memset(task.pad + kNumberAt, 0, sizeof(uint32_t));
  std::memset(task.comm, 0, sizeof(task.comm));
  std::memcpy(task.comm, comm.data(), std::min(comm.size(), sizeof(task.comm)));
}

}  // namespace skbtrail::recording
