#include "output/json_arguments.h"

#include "output/json_text.h"
#include "text/append.h"

namespace skbtrail::output {

namespace {

using event::FormatField;
using event::Look;

void append_number(fmt::memory_buffer& out, const FormatField& field, uint64_t value) {
  if (field.is_signed)
    text::append_integer(out, static_cast<int64_t>(value));
  else
    text::append_number(out, value);
}

bool is_number(const FormatField& field) {
  return field.look == Look::decimal || field.look == Look::hex;
}

void append_numbers(fmt::memory_buffer& out, const event::Arguments& arguments, const FormatField& field) {
  text::append(out, '[');
  for (size_t i = 0; i < arguments.elements(field); i++) {
    if (i) text::append(out, ',');
    append_number(out, field, arguments.number(field, i));
  }
  text::append(out, ']');
}

// 64 bits of an address do not fit into the numbers of many JSON readers.
void append_address(fmt::memory_buffer& out, uint64_t address) {
  text::append(out, '"');
  text::append_hex(out, address);
  text::append(out, '"');
}

void append_value(fmt::memory_buffer& out, const event::Arguments& arguments, const FormatField& field,
                  const event::Names& names) {
  if (is_number(field) && field.is_array()) return append_numbers(out, arguments, field);
  if (is_number(field)) return append_number(out, field, arguments.number(field));
  if (field.look == Look::address || field.look == Look::symbol) return append_address(out, arguments.number(field));
  fmt::memory_buffer text;
  arguments.append_value(text, field, names);
  append_json_text(out, {text.data(), text.size()});
}

}  // namespace

void append_json_arguments(fmt::memory_buffer& out, const event::Arguments& arguments, const event::Names& names) {
  bool first = true;
  text::append(out, '{');
  for (const auto& field : arguments.format().fields) {
    const auto content = arguments.content(field);
    if (content.cut && (!field.dynamic || content.bytes.empty())) continue;  // absent: unknown
    if (!first) text::append(out, ',');
    first = false;
    append_json_text(out, field.name);
    text::append(out, ':');
    append_value(out, arguments, field, names);
  }
  text::append(out, '}');
}

}  // namespace skbtrail::output
