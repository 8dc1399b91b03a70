#include "output/value_text.h"

#include <algorithm>

#include "text/append.h"
#include "text/lines.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

using event::Type;

size_t append_list(fmt::memory_buffer& out, std::string_view lines) {
  size_t excess = 0;
  for (size_t begin = 0; begin <= lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    if (begin) text::append(out, ',');
    excess += text::append_printable(out, lines.substr(begin, end - begin));
    begin = end + 1;
  }
  return excess;
}

}  // namespace

size_t append_value(fmt::memory_buffer& out, const event::Field& field, const event::Value& value,
                    std::string_view unknown) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return field.type == Type::list ? append_list(out, *text) : text::append_printable(out, *text);
  } else if (const auto* number = std::get_if<uint64_t>(&value)) {
    bool hexadecimal = field.type == Type::hex || field.type == Type::address;
    hexadecimal ? text::append_hex(out, *number) : text::append_number(out, *number);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    text::append_integer(out, *integer);
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    text::append(out, *boolean ? "yes" : "no");
  } else {
    text::append(out, unknown);
  }
  return 0;
}

size_t append_field(fmt::memory_buffer& out, const event::Event& event, std::string_view name, event::Scratch& scratch,
                    std::string_view unknown) {
  const event::Field* field = event::find_field(name);
  return append_value(out, *field, field->of(event, scratch), unknown);
}

bool append_lines(fmt::memory_buffer& out, const event::Value& value, std::string_view margin) {
  const auto* lines = std::get_if<std::string_view>(&value);
  if (!lines) return false;
  text::for_each_line(*lines, [&](std::string_view line) {
    text::append(out, margin);
    text::append_printable(out, line);
    text::append(out, '\n');
  });
  return true;
}

}  // namespace skbtrail::output
