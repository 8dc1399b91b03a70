// What was printed of a packet, kept for the next event of the same packet.
//
// One packet crosses many tracepoints, mostly with the same bytes; dissecting it and writing its addresses, ports and
// summary costs more than all the rest of an event. The texts of the last packets are kept, found by the skb's address
// and taken only if everything that they were made from is the same: the bytes, and what the record says of them. So a
// reused address is no danger.
//
// For fields of the section of packet bytes, and no others (see event/fields.h). Owns copies of bytes and texts: of at
// most kSlots packets.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "event/fields.h"

namespace skbtrail::output {

inline bool is_of_packet(const event::Field& field) {
  return field.section == REC_SECTION_BYTES;
}

class PacketTexts {
 public:
  static constexpr size_t kSlots = 1024;

  // The texts that a layout wants of one packet, in an order of its own.
  class Texts {
   public:
    [[nodiscard]] std::string_view operator[](size_t part) const {
      const size_t begin = part ? ends_[part - 1] : 0;
      return {text_.data() + begin, ends_[part] - begin};
    }

   private:
    friend class PacketTexts;
    fmt::memory_buffer text_;
    std::vector<size_t> ends_;
  };

  PacketTexts() : slots_(kSlots + 1) {}

  // `parts` texts, always as many. Where they are not known, `append(buffer, part)` is called for each of them. Valid
  // until the next call.
  template <typename Append>
  const Texts& of(const event::Event& event, size_t parts, Append append) {
    Slot& slot = slot_of(event);
    if (slot.is_for(event)) return slot.texts;
    slot.known = false;  // should there be no memory
    slot.texts.text_.clear();
    slot.texts.ends_.clear();
    for (size_t part = 0; part < parts; part++) {
      append(slot.texts.text_, part);
      slot.texts.ends_.push_back(slot.texts.text_.size());
    }
    slot.keep(event);
    return slot.texts;
  }

 private:
  // Of the core: what the fields of a packet are made from besides the bytes.
  struct Reading {
    uint32_t wire_len = 0;
    uint16_t flags = 0;
    uint16_t protocol = 0;
    uint16_t vlan_proto = 0;
    uint16_t vlan_tci = 0;
    uint8_t start_layer = 0;
    bool operator==(const Reading&) const = default;
  };
  struct Slot {
    bool known = false;
    Reading reading;
    std::vector<uint8_t> bytes;
    Texts texts;

    [[nodiscard]] bool is_for(const event::Event& event) const;
    void keep(const event::Event& event);
  };

  static Reading reading_of(const rec_core& core);
  Slot& slot_of(const event::Event& event);

  // By address of the skb; one more for events without bytes, lest they drive out their packet.
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace skbtrail::output
