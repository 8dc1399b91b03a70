#include "output/packet_texts.h"

#include <bit>
#include <cstring>

namespace skbtrail::output {

PacketTexts::Reading PacketTexts::reading_of(const rec_core& core) {
  return {core.wire_len, core.flags, core.protocol, core.vlan_proto, core.vlan_tci, core.start_layer};
}

PacketTexts::Slot& PacketTexts::slot_of(const event::Event& event) {
  static_assert(std::has_single_bit(kSlots));
  // An skb is 256 bytes or more away from the next.
  const uint64_t mixed = (event.core->skb >> 8) * 0x9e3779b97f4a7c15;
  auto& slot = slots_[event.bytes.empty() ? kSlots : mixed >> (64 - std::countr_zero(kSlots))];
  if (!slot) slot = std::make_unique<Slot>();
  return *slot;
}

bool PacketTexts::Slot::is_for(const event::Event& event) const {
  return known && reading == reading_of(*event.core) && bytes.size() == event.bytes.size() &&
         (bytes.empty() || std::memcmp(bytes.data(), event.bytes.data(), bytes.size()) == 0);
}

void PacketTexts::Slot::keep(const event::Event& event) {
  reading = reading_of(*event.core);
  bytes.assign(event.bytes.begin(), event.bytes.end());
  known = true;
}

}  // namespace skbtrail::output
