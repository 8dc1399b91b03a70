// One hit of a probe, decoded: a view of a record, its sections, and the packet in its bytes.
//
// An Event owns nothing of the record: it is valid as long as the bytes it was made from and the Names it was given.
// A section that the record lacks is a null pointer, which is "unknown" and never "zero".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "bpf/record.h"
#include "event/arguments.h"
#include "event/call_path.h"
#include "event/names.h"
#include "packet/packet.h"

namespace skbtrail::event {

// Of an event that another program captured: neither probe nor CPU is known.
constexpr uint16_t kUnknownProbe = 0xffff;
constexpr uint16_t kUnknownCpu = 0xffff;

struct TrailValues;

class Event {
 public:
  Event();

  // Nothing if the bytes are no whole record: shorter than their sections say.
  static std::optional<Event> decode(std::span<const std::byte> record, const Names& names);

  const rec_core* core = nullptr;
#define SKBTRAIL_MEMBER(bit, NAME, name, tail, of) const rec_##name* name = nullptr;
  REC_SECTIONS(SKBTRAIL_MEMBER)  // device, task, ...
#undef SKBTRAIL_MEMBER
  std::span<const uint8_t> bytes;
  const Names* names = nullptr;
  bool late = false;                   // an event of a later time was handed on before this one
  const TrailValues* trail = nullptr;  // what is known of the packet's trail; null: it is not followed

  [[nodiscard]] bool has(rec_flag flag) const {
    return (core->flags & flag) != 0;
  }

  // core->pkt_type is the packet's, so that it is known whether it goes out.
  [[nodiscard]] bool knows_pkt_type() const {
    return !has(REC_FLAG_SKB_NOT_OWNED) || has(REC_FLAG_PKT_TYPE);
  }

  // The skb was freed as dropped.
  [[nodiscard]] bool is_freed_as_dropped() const;
  // The same, and not because it had served its purpose, as far as the kernel and we know
  // (event/benign.h).
  [[nodiscard]] bool is_drop() const;

  // What the tracepoint handed out, where that was asked for and is known.
  [[nodiscard]] std::optional<Arguments> arguments() const;

  // Return addresses from the function in which the tracepoint is on, innermost first; empty: unknown. Valid as
  // long as the event and its names.
  [[nodiscard]] CallPath call_path() const;

  // The outermost packet. Dissected on first use; null where there are no bytes.
  [[nodiscard]] const packet::Packet* packet() const;
  // What it is dissected from; with it, packet::Walk finds the packets that it carries.
  [[nodiscard]] packet::Bytes packet_bytes() const;

 private:
  mutable std::optional<packet::Packet> packet_;
};

}  // namespace skbtrail::event
