#include "event/event_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "event/print_format.h"
#include "text/trimmed.h"

namespace skbtrail::event {

namespace {

using text::trimmed;

// For each dynamic field: device and task names, short paths.
constexpr uint32_t kDynamicRoom = 64;
constexpr uint32_t kMostFields = 256;  // the longest of Linux 6.18 has 44

// The number after `key:` in a line of fields.
std::optional<uint32_t> number_of(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  uint32_t value = 0;
  const char* begin = line.data() + at + key.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), value);
  if (error != std::errc{} || end == begin) return std::nullopt;
  return value;
}

bool has_word(std::string_view type, std::string_view word) {
  for (size_t at = type.find(word); at != std::string_view::npos; at = type.find(word, at + 1)) {
    const auto is_name = [&](size_t i) { return i < type.size() && (isalnum(type[i]) || type[i] == '_'); };
    if ((at == 0 || !is_name(at - 1)) && !is_name(at + word.size())) return true;
  }
  return false;
}

// Bytes of one element of an array type; 0: this does not tell.
uint32_t element_size(std::string_view type) {
  if (type.find('*') != std::string_view::npos) return sizeof(uint64_t);
  for (const char* word : {"char", "u8", "__u8", "uint8_t", "s8", "__s8", "bool"})
    if (has_word(type, word)) return 1;
  for (const char* word : {"short", "u16", "__u16", "uint16_t", "s16", "__be16", "__le16"})
    if (has_word(type, word)) return 2;
  for (const char* word : {"long", "u64", "__u64", "uint64_t", "s64", "size_t", "__be64"})
    if (has_word(type, word)) return 8;
  for (const char* word : {"int", "unsigned", "u32", "__u32", "uint32_t", "s32", "__be32"})
    if (has_word(type, word)) return 4;
  return 0;
}

bool is_identifier(char c) {
  return isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// "__data_loc char[] name", "char comm[16]", "void * skbaddr": the name is the last word before any bracket at the end.
void parse_declaration(std::string_view declaration, FormatField& field) {
  std::string_view brackets;
  if (declaration.ends_with(']')) {
    const auto open = declaration.rfind('[');
    brackets = declaration.substr(std::min(open, declaration.size()));
    declaration = trimmed(declaration.substr(0, std::min(open, declaration.size())));
  }
  size_t begin = declaration.size();
  while (begin > 0 && is_identifier(declaration[begin - 1])) begin--;
  field.name = declaration.substr(begin);
  std::string_view type = trimmed(declaration.substr(0, begin));
  field.type = std::string(type) + std::string(brackets);
  field.dynamic = type.starts_with("__data_loc") || type.starts_with("__rel_loc");
  field.relative = type.starts_with("__rel_loc");
  const bool array = field.dynamic || !brackets.empty();
  field.element = array ? element_size(type) : field.size;
  if (field.element == 0 || (!field.dynamic && field.element > field.size)) field.element = 1;
}

// What the type alone says; the print format may know better.
Look usual_look(const FormatField& field) {
  if (field.is_array()) {
    if (has_word(field.type, "char")) return Look::text;
    return field.element == 1 ? Look::bytes : Look::decimal;
  }
  return field.type.find('*') != std::string::npos ? Look::address : Look::decimal;
}

std::optional<FormatField> field_of(std::string_view line) {
  constexpr std::string_view kKey = "field:";
  const auto semicolon = line.find(';');
  const auto offset = number_of(line, "offset:"), size = number_of(line, "size:"),
             is_signed = number_of(line, "signed:");
  if (!line.starts_with(kKey) || semicolon == std::string_view::npos || !offset || !size) return std::nullopt;
  FormatField field;
  field.offset = *offset;
  field.size = *size;
  field.is_signed = is_signed.value_or(0) != 0;
  parse_declaration(trimmed(line.substr(kKey.size(), semicolon - kKey.size())), field);
  if (field.name.empty()) return std::nullopt;
  field.look = usual_look(field);
  return field;
}

// A look that a field of this size can have.
bool fits(const FormatField& field, Look look) {
  switch (look) {
    case Look::ipv4: return field.size == 4 && !field.dynamic;
    case Look::ipv6: return field.size == 16 && !field.dynamic;
    case Look::socket_address: return field.size >= 16 && !field.dynamic;
    case Look::mac: return field.dynamic || field.size >= 6;
    case Look::symbol: return field.size == 8 && !field.is_array();
    case Look::hex: return !field.is_array() || field.element > 1;
    default: return false;
  }
}

}  // namespace

void EventFormat::take(Meaning meaning) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == meaning.field; });
  if (found == fields.end()) return;
  if (fits(*found, meaning.look)) found->look = meaning.look;
  if (!meaning.names.empty() && !found->is_array()) found->names = std::move(meaning.names);
}

EventFormat EventFormat::parse(std::string group, std::string text) {
  EventFormat format;
  format.group = std::move(group);
  format.text = std::move(text);
  constexpr std::string_view kName = "name:", kId = "ID:", kPrint = "print fmt:";
  const std::string_view all = format.text;
  for (size_t begin = 0; begin < all.size();) {
    const size_t end = std::min(all.find('\n', begin), all.size());
    const std::string_view line = trimmed(all.substr(begin, end - begin));
    begin = end + 1;
    if (line.starts_with(kName)) {
      format.name = trimmed(line.substr(kName.size()));
    } else if (line.starts_with(kId)) {
      const auto number = trimmed(line.substr(kId.size()));
      std::from_chars(number.data(), number.data() + number.size(), format.id);
    } else if (auto field = field_of(line)) {
      if (!field->name.starts_with("common_") && format.fields.size() < kMostFields)
        format.fields.push_back(std::move(*field));
    } else if (line.starts_with(kPrint)) {
      for (auto& meaning : parse_print_format(all.substr(all.find(kPrint) + kPrint.size())))
        format.take(std::move(meaning));
      break;
    }
  }
  if (format.name.empty() || format.id == 0) throw std::invalid_argument("not the format of a tracepoint");
  return format;
}

EventFormat EventFormat::of_arguments(std::string name, const std::vector<RawArgument>& arguments) {
  EventFormat format;
  format.name = std::move(name);
  for (const auto& argument : arguments) {
    FormatField field;
    field.name = argument.name;
    field.type = argument.type;
    field.offset = static_cast<uint32_t>(format.fields.size() * sizeof(uint64_t));
    field.size = field.element = std::clamp<uint32_t>(argument.size, 1, sizeof(uint64_t));
    field.is_signed = argument.is_signed;
    field.look = usual_look(field);
    format.fields.push_back(std::move(field));
  }
  return format;
}

const FormatField* EventFormat::find(std::string_view field) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == field; });
  return found == fields.end() ? nullptr : &*found;
}

uint32_t EventFormat::bytes_to_copy(uint32_t limit) const {
  uint64_t end = 8;
  uint64_t dynamic = 0;
  for (const auto& field : fields) {
    end = std::max(end, uint64_t{field.offset} + field.size);
    dynamic += field.dynamic ? kDynamicRoom : 0;
  }
  return static_cast<uint32_t>(std::min<uint64_t>((end + dynamic + 7) / 8 * 8, uint64_t{limit} / 8 * 8));
}

}  // namespace skbtrail::event
