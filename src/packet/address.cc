#include "packet/address.h"

#include <algorithm>

#include <charconv>
#include <string_view>

#include "text/append.h"

namespace skbtrail::packet {
namespace {

constexpr int kGroups = 8;  // of an IPv6 address, 16 bits each

constexpr size_t kLongest = 39;  // eight groups of four digits; a dotted tail is after zeros only

char* put_hex(char* at, unsigned value) {
  return std::to_chars(at, at + 4, value, 16).ptr;
}

char* put_dotted(char* at, const uint8_t* four) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, at + 3, four[i]).ptr;
  }
  return at;
}

struct Run {
  int first = -1;
  int count = 0;
};

// The first longest run of zero groups; RFC 5952 4.2.2 leaves a single one uncompressed.
Run longest_zero_run(const std::array<uint16_t, kGroups>& groups) {
  Run best, run;
  for (int i = 0; i < kGroups; ++i) {
    if (groups[static_cast<size_t>(i)] != 0) {
      run = {};
      continue;
    }
    if (run.count++ == 0) run.first = i;
    if (run.count > best.count) best = run;
  }
  return best.count >= 2 ? best : Run{};
}

char* put_ipv6(char* at, const std::array<uint8_t, 16>& bytes) {
  std::array<uint16_t, kGroups> groups;
  for (size_t i = 0; i < kGroups; ++i) groups[i] = static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  const Run zeros = longest_zero_run(groups);
  const bool dotted_tail = zeros.first == 0 && (zeros.count == 6 || (zeros.count == 5 && groups[5] == 0xffff));
  for (int i = 0; i < kGroups; ++i) {
    if (i == zeros.first) {
      *at++ = ':';
      *at++ = ':';
      i += zeros.count - 1;
      continue;
    }
    if (i > 0 && i != zeros.first + zeros.count) *at++ = ':';
    if (i == 6 && dotted_tail) return put_dotted(at, &bytes[12]);
    at = put_hex(at, groups[static_cast<size_t>(i)]);
  }
  return at;
}

template <class Address>
std::string text_of(const Address& address) {
  fmt::memory_buffer out;
  append_address(out, address);
  return fmt::to_string(out);
}

}  // namespace

IpAddress ip_address(const uint8_t (&bytes)[16], bool is_ipv6) noexcept {
  IpAddress address;
  address.version = is_ipv6 ? 6 : 4;
  std::copy_n(bytes, is_ipv6 ? 16 : 4, address.bytes.begin());
  return address;
}

IpAddress ipv4_address(uint32_t host_order) noexcept {
  IpAddress address;
  address.version = 4;
  for (size_t i = 0; i < 4; ++i) address.bytes[i] = static_cast<uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

void append_address(fmt::memory_buffer& out, const IpAddress& address) {
  std::array<char, kLongest> longest;
  char* end = longest.data();
  switch (address.version) {
    case 4: end = put_dotted(end, address.bytes.data()); break;
    case 6: end = put_ipv6(end, address.bytes); break;
    default: *end++ = '?';
  }
  text::append(out, {longest.data(), static_cast<size_t>(end - longest.data())});
}

void append_endpoint(fmt::memory_buffer& out, const IpAddress& address, std::optional<uint16_t> port) {
  const bool in_brackets = port && address.version == 6;
  if (in_brackets) out.push_back('[');
  append_address(out, address);
  if (in_brackets) out.push_back(']');
  if (!port) return;
  out.push_back(':');
  text::append_number(out, *port);
}

void append_address(fmt::memory_buffer& out, const MacAddress& address) {
  constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < address.bytes.size(); ++i) {
    if (i > 0) out.push_back(':');
    out.push_back(kHex[address.bytes[i] >> 4]);
    out.push_back(kHex[address.bytes[i] & 15]);
  }
}

std::string to_string(const IpAddress& address) {
  return text_of(address);
}
std::string to_string(const MacAddress& address) {
  return text_of(address);
}

}  // namespace skbtrail::packet
