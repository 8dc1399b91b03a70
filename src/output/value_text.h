// Values of fields as people read them, in any layout of text. Nothing of them can do anything to a terminal.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "event/event.h"
#include "event/fields.h"

namespace skbtrail::output {

// A list in one line, as a,b; booleans as yes and no; `unknown` instead of what is not known. Returns how many bytes
// more than columns were added.
size_t append_value(fmt::memory_buffer& out, const event::Field& field, const event::Value& value,
                    std::string_view unknown = "-");

// The value of an event's field, by the field's name.
size_t append_field(fmt::memory_buffer& out, const event::Event& event, std::string_view name, event::Scratch& scratch,
                    std::string_view unknown = "-");

// A list one below the other, each after `margin` and with a line's end; nothing where it is not known, and false.
bool append_lines(fmt::memory_buffer& out, const event::Value& value, std::string_view margin);

}  // namespace skbtrail::output
