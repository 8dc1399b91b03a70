// Which sections the events of a recording have, and how long they are there: what the head lists (from version 5 on),
// so that a file of another version is read too, whose sections are others, longer or shorter than ours
// (bpf/sections.h).
//
//   "sections": [{"name": "result", "bit": 3, "size": 8}, {"name": "device", "bit": 0, "size": 32}, ...,
//                {"name": "args", "bit": 5, "size": 8, "counted": true}, ..., {"name": "bytes", "bit": 30, "size": 0}]
//
// In the order in which an event has them. Of a section that we know by its name we take what we know of it: one
// that is shorter there is filled up with zeros, of one that is longer the rest is skipped. One that we do not know is
// not shown, and goes into what is written again as it is. "counted": so many bytes follow the struct as its first two
// bytes say, a multiple of 8. "bytes" are the packet's, which are elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/record.h"

namespace skbtrail::recording {

struct RecordedSection {
  std::string name;
  uint8_t bit = 0;
  uint16_t size = 0;  // bytes
  bool counted = false;

  [[nodiscard]] uint32_t mask() const { return uint32_t{1} << bit; }
  bool operator==(const RecordedSection&) const = default;
};

// Those of this version, and those of the versions before 5, which listed none.
std::vector<RecordedSection> our_sections();
std::vector<RecordedSection> sections_before_lists();

// Throws std::invalid_argument where no events can be understood by them.
void check(const std::vector<RecordedSection>& sections);

// A section of an event that this version does not know.
struct UnknownSection {
  uint32_t mask;  // as its head lists it
  std::span<const std::byte> bytes;
};

bool is_known(const RecordedSection& section);

// What is there in nearly every event: a recording keeps what differs (residual.h).
constexpr uint32_t kUsualSections = REC_SECTION_DEVICE | REC_SECTION_TASK | REC_SECTION_SKB | REC_SECTION_BYTES;

// How events with such sections are read.
class SectionMap {
 public:
  SectionMap() : SectionMap(our_sections()) {}
  explicit SectionMap(const std::vector<RecordedSection>& sections);

  // From what differs from the usual there to the sections that are there, by their bits; and these by ours.
  [[nodiscard]] uint32_t there(uint32_t different) const { return different ^ usual_; }
  [[nodiscard]] uint32_t ours(uint32_t there) const;

  // An event's sections, which are in `from` without the device's, as a record of ours has them, to `to`, and those
  // that are not known, which borrow `from`, to `unknown`. Returns the end; null: they are no such sections, or more
  // than `room` bytes.
  std::byte* put(uint32_t there, std::span<const std::byte> from, const rec_device* device, std::byte* to, size_t room,
                 std::vector<UnknownSection>& unknown) const;

  // Those of them that this version does not know, by name.
  [[nodiscard]] std::vector<std::string> unknown_in(uint32_t there) const { return names_of(there & unknown_); }
  // Those of which it knows less than there is.
  [[nodiscard]] std::vector<std::string> longer_in(uint32_t there) const { return names_of(there & longer_); }

 private:
  static constexpr size_t kUnknown = SIZE_MAX;
  struct Section {
    uint32_t mask;
    size_t size;
    bool counted;
    size_t ours;  // which row of our table
    std::string name;
  };

  [[nodiscard]] std::vector<std::string> names_of(uint32_t masks) const;

  std::vector<Section> sections_;
  uint32_t usual_ = 0, unknown_ = 0, longer_ = 0;
};

}  // namespace skbtrail::recording
