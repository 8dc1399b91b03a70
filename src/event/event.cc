#include "event/event.h"

#include <endian.h>

#include "event/benign.h"

namespace skbtrail::event {

namespace {

// Takes section after section from the front of what is left.
class Sections {
 public:
  Sections(uint32_t present, std::span<const std::byte> rest) : present_(present), rest_(rest) {}

  enum Tail : uint8_t { FIXED, COUNTED };

  template <Tail tail, typename Section>
  void take(rec_section bit, const Section*& section) {
    static_assert(sizeof(Section) % 8 == 0, "a section's size is a multiple of 8");
    if (!(present_ & bit) || !whole_) return;
    const auto* at = reinterpret_cast<const Section*>(rest_.data());
    size_t size = sizeof(Section);
    whole_ = rest_.size() >= size;
    if constexpr (tail == COUNTED) {
      if (whole_) size += at->size;
      whole_ = whole_ && size % 8 == 0 && rest_.size() >= size;
    }
    if (!whole_) return;
    section = at;
    rest_ = rest_.subspan(size);
  }

  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }

 private:
  uint32_t present_;
  std::span<const std::byte> rest_;
  bool whole_ = true;
};

// Bits that are no section's: what is in such a record is not known.
constexpr uint32_t kKnown = REC_SECTION_BYTES
#define SKBTRAIL_BIT(bit, NAME, name, tail, of) | REC_SECTION_##NAME
    REC_SECTIONS(SKBTRAIL_BIT);
#undef SKBTRAIL_BIT

}  // namespace

// Not defaulted in the class: std::optional would then fill the room for a packet with zeros first.
Event::Event() = default;

std::optional<Event> Event::decode(std::span<const std::byte> record, const Names& names) {
  std::optional<Event> decoded;
  if (record.size() < sizeof(rec_core)) return decoded;
  Event& event = decoded.emplace();
  event.names = &names;
  event.core = reinterpret_cast<const rec_core*>(record.data());
  Sections sections(event.core->sections, record.subspan(sizeof(rec_core)));
#define SKBTRAIL_TAKE(bit, NAME, name, tail, of) sections.take<Sections::tail>(REC_SECTION_##NAME, event.name);
  REC_SECTIONS(SKBTRAIL_TAKE)
#undef SKBTRAIL_TAKE
  if (event.has(REC_FLAG_ENTERED)) event.result = nullptr;
  const auto rest = sections.rest();
  if (!sections.whole() || event.core->sections & ~kKnown)
    decoded.reset();
  else
    event.bytes = {reinterpret_cast<const uint8_t*>(rest.data()), rest.size()};
  return decoded;
}

bool Event::is_freed_as_dropped() const {
  return drop && names->probe(core->probe) == "kfree_skb";
}

bool Event::is_drop() const {
  return is_freed_as_dropped() && why_benign(*this).empty();
}

std::optional<Arguments> Event::arguments() const {
  if (!args || !args->known) return std::nullopt;
  const EventFormat* format = names->format(core->probe);
  if (!format) return std::nullopt;
  return Arguments(*format, {reinterpret_cast<const std::byte*>(args + 1), args->size});
}

CallPath Event::call_path() const {
  std::span<const uint64_t> frames;
  if (stack && stack->id) frames = names->stack(stack->id);
  if (frames.empty() && caller) frames = {reinterpret_cast<const uint64_t*>(caller->frames), REC_CALLER_FRAMES};
  const bool at_function = names->result(core->probe) != nullptr;
  return event::call_path(frames, *names, at_function ? names->probe(core->probe) : std::string_view());
}

packet::Bytes Event::packet_bytes() const {
  packet::Bytes input{};
  input.bytes = bytes;
  input.start = core->start_layer == REC_START_LINK ? packet::Start::link : packet::Start::network;
  input.ethertype = be16toh(core->protocol);
  input.wire_len = core->wire_len;
  input.made = has(REC_FLAG_SYNTHESIZED);
  if (has(REC_FLAG_VLAN)) input.accelerated = packet::VlanTag{be16toh(core->vlan_proto), core->vlan_tci};
  return input;
}

const packet::Packet* Event::packet() const {
  if (packet_) return &*packet_;
  if (bytes.empty()) return nullptr;
  packet_ = packet::dissect(packet_bytes());
  return &*packet_;
}

}  // namespace skbtrail::event
