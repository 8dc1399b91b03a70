// What a tracepoint handed out, field by field: the bytes of a record and the format that describes them.
//
// Borrows both. What the bytes do not hold (a field after their end, a text longer than what was copied of it) is
// unknown or marked as cut, and never made up.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "event/event_format.h"
#include "event/names.h"

namespace skbtrail::event {

class Arguments {
 public:
  Arguments(const EventFormat& format, std::span<const std::byte> bytes) : format_(&format), bytes_(bytes) {}

  [[nodiscard]] const EventFormat& format() const { return *format_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  // The bytes of a field: for a dynamic one those that it points to. `cut`: not all of them were copied.
  struct Content {
    std::span<const std::byte> bytes;
    bool cut = false;
  };
  [[nodiscard]] Content content(const FormatField& field) const;

  // A number of the field's size and sign, as 64 bits; `index` counts elements of an array. Zero after the end.
  [[nodiscard]] uint64_t number(const FormatField& field, size_t index = 0) const;
  [[nodiscard]] size_t elements(const FormatField& field) const;

  // "skbaddr=0xffff888003a5cd00 len=98 name=eth0", as people read it: names for values and addresses.
  void append_line(fmt::memory_buffer& out, const Names& names) const;

  // One value. An address of the network, the kernel's code, a text and such as text, without quotes.
  void append_value(fmt::memory_buffer& out, const FormatField& field, const Names& names) const;

 private:
  const EventFormat* format_;
  std::span<const std::byte> bytes_;
};

}  // namespace skbtrail::event
