// The text of fields of one section, kept for the next event whose section is the same: on a busy host events tell of
// few devices and few tasks. A text is found by the section's bytes and the name that is given to them, and is taken
// only if both are the same.
//
//   "netns":"web","netns_inum":4026532189,"ifname":"eth0","ifindex":2       of one rec_device, and the name `web`
//
// For sections that has() names, whose fields tell nothing of any other one (event/fields.h). Owns copies: of at most
// kSlots sections and their texts.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "event/event.h"

namespace skbtrail::output {

class SectionTexts {
 public:
  static constexpr size_t kSlots = 64;

  static constexpr bool has(uint32_t section) { return section == REC_SECTION_DEVICE || section == REC_SECTION_TASK; }

  // Empty where the event lacks the section. Where the text is not known, `append(buffer)` is called for it. Valid
  // until the next call.
  template <typename Append>
  std::string_view of(const event::Event& event, uint32_t section, Append append) {
    const Key key = section == REC_SECTION_DEVICE ? key_of(event.device, *event.names) : key_of(event.task);
    if (key.bytes.empty()) return {};
    Slot& slot = slots_[key.slot];
    if (!slot.is_for(key)) {
      slot.bytes.clear();  // should there be no memory
      slot.text.clear();
      append(slot.text);
      slot.name = key.name;
      slot.bytes = key.bytes;
    }
    return {slot.text.data(), slot.text.size()};
  }

 private:
  struct Key {
    std::string_view bytes, name;
    size_t slot = 0;
  };
  struct Slot {
    std::string bytes, name;
    fmt::memory_buffer text;

    [[nodiscard]] bool is_for(const Key& key) const { return bytes == key.bytes && name == key.name; }
  };

  template <typename Section>
  static std::string_view bytes_of(const Section& section) {
    return {reinterpret_cast<const char*>(&section), sizeof(section)};
  }
  static Key key_of(const rec_device* device, const event::Names& names) {
    if (!device) return {};
    return {bytes_of(*device), device->netns ? names.name(event::NameKind::netns, device->netns) : std::string_view{},
            (device->netns * 7 + device->ifindex) % kSlots};
  }
  static Key key_of(const rec_task* task) {
    if (!task) return {};
    return {bytes_of(*task), {}, (task->tid * 5 + task->context) % kSlots};
  }

  std::array<Slot, kSlots> slots_;
};

}  // namespace skbtrail::output
