// Events through a layout to text, for the tests of this folder.
#pragma once

#include <stdexcept>
#include <string>

#include "output/layout.h"
#include "sample_records.h"

namespace skbtrail::test {

// All fields, in the registry's order.
inline std::vector<const event::Field*> all_fields() {
  return event::default_keys(true);
}

inline std::vector<const event::Field*> these_fields(std::string_view list) {
  return event::choose_fields(list, {});
}

// What a layout adds for one record.
inline std::string shown(output::Layout& layout, const RecordBuilder& builder, const event::Names& names,
                         bool late = false) {
  auto record = builder.bytes();
  auto event = event::Event::decode(record, names);
  if (!event) throw std::invalid_argument("no whole record");
  event->late = late;
  fmt::memory_buffer out;
  layout.event(out, *event);
  return fmt::to_string(out);
}

inline std::string shown(output::Layout& layout, const event::Gap& gap, const event::Names& names) {
  fmt::memory_buffer out;
  layout.gap(out, gap, names);
  return fmt::to_string(out);
}

inline std::string header(output::Layout& layout) {
  fmt::memory_buffer out;
  layout.header(out, true);
  return fmt::to_string(out);
}

}  // namespace skbtrail::test
