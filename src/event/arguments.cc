#include "event/arguments.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "packet/address.h"
#include "text/append.h"

namespace skbtrail::event {

namespace {

constexpr size_t kMostElements = 64;  // of an array, in a line

packet::IpAddress ip_address(std::span<const std::byte> bytes) {
  packet::IpAddress address;
  address.version = bytes.size() == 4 ? 4 : 6;
  std::memcpy(address.bytes.data(), bytes.data(), bytes.size());
  return address;
}

uint64_t load(std::span<const std::byte> bytes, bool is_signed) {
  uint64_t value = 0;
  switch (bytes.size()) {
    case 1: {
      uint8_t raw = 0;
      std::memcpy(&raw, bytes.data(), sizeof(raw));
      return is_signed ? static_cast<uint64_t>(int64_t{static_cast<int8_t>(raw)}) : raw;
    }
    case 2: {
      uint16_t raw = 0;
      std::memcpy(&raw, bytes.data(), sizeof(raw));
      return is_signed ? static_cast<uint64_t>(int64_t{static_cast<int16_t>(raw)}) : raw;
    }
    case 4: {
      uint32_t raw = 0;
      std::memcpy(&raw, bytes.data(), sizeof(raw));
      return is_signed ? static_cast<uint64_t>(int64_t{static_cast<int32_t>(raw)}) : raw;
    }
    case 8: std::memcpy(&value, bytes.data(), sizeof(value)); return value;
    default: return 0;
  }
}

// struct sockaddr_in or sockaddr_in6, told by its family.
void append_socket_address(fmt::memory_buffer& out, std::span<const std::byte> bytes) {
  uint16_t family = 0, port = 0;
  std::memcpy(&family, bytes.data(), sizeof(family));
  std::memcpy(&port, bytes.data() + 2, sizeof(port));
  if (family == AF_INET6 && bytes.size() >= sizeof(sockaddr_in6)) {
    packet::append_endpoint(out, ip_address(bytes.subspan(8, 16)), ntohs(port));
  } else if (family == AF_INET) {
    packet::append_endpoint(out, ip_address(bytes.subspan(4, 4)), ntohs(port));
  } else {
    fmt::format_to(fmt::appender(out), "family-{}", family);
  }
}

void append_hex_bytes(fmt::memory_buffer& out, std::span<const std::byte> bytes, std::string_view between) {
  for (size_t i = 0; i < bytes.size(); i++)
    fmt::format_to(fmt::appender(out), "{}{:02x}", i ? between : "", std::to_integer<unsigned>(bytes[i]));
}

void append_text(fmt::memory_buffer& out, const Arguments::Content& content) {
  const char* begin = reinterpret_cast<const char*>(content.bytes.data());
  const std::string_view text(begin, strnlen(begin, content.bytes.size()));
  text::append(out, text);
  if (content.cut && text.size() == content.bytes.size()) text::append(out, "...");
}

void append_integer(fmt::memory_buffer& out, const FormatField& field, uint64_t value) {
  if (field.is_signed && field.look == Look::decimal) return text::append_integer(out, static_cast<int64_t>(value));
  field.look == Look::hex ? text::append_hex(out, value) : text::append_number(out, value);
}

void append_symbol(fmt::memory_buffer& out, uint64_t address, const Names& names) {
  const std::string_view symbol = names.name(NameKind::symbol, address);
  symbol.empty() ? text::append_hex(out, address) : text::append(out, symbol);
}

}  // namespace

Arguments::Content Arguments::content(const FormatField& field) const {
  size_t offset = field.offset, size = field.size;
  if (field.dynamic) {
    if (bytes_.size() < offset + sizeof(uint32_t)) return {{}, true};
    uint32_t word = 0;
    std::memcpy(&word, bytes_.data() + offset, sizeof(word));
    offset = (word & 0xffff) + (field.relative ? offset + size : 0);
    size = word >> 16;
  }
  const size_t begin = std::min(offset, bytes_.size());
  const size_t end = std::min(offset + size, bytes_.size());
  return {bytes_.subspan(begin, end - begin), end - begin < size};
}

size_t Arguments::elements(const FormatField& field) const {
  return content(field).bytes.size() / std::max<uint32_t>(field.element, 1);
}

uint64_t Arguments::number(const FormatField& field, size_t index) const {
  if (index >= elements(field)) return 0;
  // The kernel may keep a number in more room than its type has (system calls' arguments); this machine's order.
  return load(content(field).bytes.subspan(index * field.element, field.element), field.is_signed);
}

void Arguments::append_value(fmt::memory_buffer& out, const FormatField& field, const Names& names) const {
  const Content found = content(field);
  if (found.bytes.empty() && found.cut) return text::append(out, "?");
  if (!field.dynamic && found.cut) return text::append(out, "?");
  switch (field.look) {
    case Look::text: return append_text(out, found);
    case Look::ipv4:
    case Look::ipv6: return packet::append_address(out, ip_address(found.bytes));
    case Look::socket_address: return append_socket_address(out, found.bytes);
    case Look::mac: return append_hex_bytes(out, found.bytes.first(std::min<size_t>(found.bytes.size(), 6)), ":");
    case Look::symbol: return append_symbol(out, number(field), names);
    case Look::address: return text::append_hex(out, number(field));
    case Look::bytes: return append_hex_bytes(out, found.bytes.first(std::min(found.bytes.size(), kMostElements)), "");
    default: break;
  }
  if (field.is_array()) {
    const size_t shown = std::min(elements(field), kMostElements);
    for (size_t i = 0; i < shown; i++) {
      if (i) text::append(out, ',');
      append_integer(out, field, number(field, i));
    }
    if (found.cut || shown < elements(field)) text::append(out, ",...");
    return;
  }
  const uint64_t value = number(field);
  const auto name = field.names.find(value);
  if (name != field.names.end()) return text::append(out, name->second);
  append_integer(out, field, value);
}

void Arguments::append_line(fmt::memory_buffer& out, const Names& names) const {
  bool first = true;
  for (const auto& field : format_->fields) {
    if (!first) text::append(out, ' ');
    first = false;
    text::append(out, field.name);
    text::append(out, '=');
    append_value(out, field, names);
  }
}

}  // namespace skbtrail::event
