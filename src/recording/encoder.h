// Events to the blocks of a recording (format.h), at the end of a buffer; no file is touched here.
//
// Everything that an event's numbers are called is asked of the names once, and told with the event. begin() starts a
// section that can be read without what was before: the head, and then each name again when it is needed.
//
// Of events that come out of recordings the names, and the numbers of their probes, may be others from one event to the
// next: follow() says so.
//
// The names are borrowed. One thread.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "event/direction.h"
#include "event/event.h"
#include "event/gap.h"
#include "recording/format.h"
#include "recording/head.h"

namespace skbtrail::recording {

class Encoder {
 public:
  Encoder(Head head, const event::Names& names);

  void begin(fmt::memory_buffer& out);
  // The same, with another head.
  void begin(fmt::memory_buffer& out, Head head);
  // What comes now is called by these names, which are told anew. `probes`, which are borrowed: the numbers that their
  // probes have in the head, by those that they have there; one without stays as it is.
  void follow(const event::Names& names, std::span<const uint16_t> probes);
  // Sections of the next event that this version does not know, with the masks and in the order of the head. Their
  // bytes are borrowed until then.
  void add_unknown(std::vector<UnknownSection> sections) { unknown_ = std::move(sections); }
  void event(fmt::memory_buffer& out, const event::Event& event);
  void gap(fmt::memory_buffer& out, const event::Gap& gap);
  // What follows is in another file.
  void next(fmt::memory_buffer& out);
  // `summary`: JSON, kept as it is.
  void end(fmt::memory_buffer& out, std::string_view summary);

 private:
  // What comments begin with, and the direction that a probe tells.
  struct ProbeNote {
    std::string comment;
    packet_direction direction = DIRECTION_UNKNOWN;
  };
  struct Interface {
    rec_device device;
    uint32_t number;
    std::string netns;     // as it was called last
    uint64_t told_by = 0;  // source_ then
  };

  void set_head(Head head);
  void tell_clock(uint64_t time_ns);
  void tell_names(const event::Event& event);
  void tell_netns(Interface& interface);
  void tell(event::NameKind kind, uint64_t number);
  void tell_stack(uint64_t id);
  rec_task without_comm(rec_task task);
  void append_told(fmt::memory_buffer& out);
  void statistics(fmt::memory_buffer& out, CustomKind kind, std::string_view json);
  Interface& interface_of(fmt::memory_buffer& out, const event::Event& event);
  Interface& add_interface(fmt::memory_buffer& out, const rec_device& device);
  void append_comment(fmt::memory_buffer& out, const event::Event& event, const Interface& interface);
  [[nodiscard]] uint32_t direction(const event::Event& event) const;
  const ProbeNote& note(uint16_t probe);
  // In the head, of one in the names.
  [[nodiscard]] uint16_t number_of(uint16_t probe) const { return probe < probes_.size() ? probes_[probe] : probe; }

  Head head_;
  const event::Names* names_;
  std::span<const uint16_t> probes_;
  uint64_t source_ = 0;           // how often the names have changed
  std::vector<ProbeNote> notes_;  // by probe
  ProbeNote unknown_note_;
  uint64_t clock_offset_ = 0;
  fmt::memory_buffer told_;  // options with names that the next event needs
  std::vector<UnknownSection> unknown_;
  uint64_t last_ns_ = 0;  // time of day of the last event
  uint64_t lost_ = 0;     // events that are missing

  // Of this section.
  std::unordered_map<uint64_t, std::vector<Interface>> interfaces_;  // by namespace and number
  Interface nowhere_interface_{};
  uint32_t interface_count_ = 0;
  // By kind and number; the text of kinds whose names may change, and of comms.
  std::array<std::unordered_map<uint64_t, std::string>, event::kNameKinds> names_told_;
  std::unordered_set<uint64_t> stacks_;
};

}  // namespace skbtrail::recording
