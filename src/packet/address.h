// Addresses as they are in headers, and their text.
//
// The text of an IPv6 address is the canonical one of RFC 5952 (lower case, the first longest run of two or
// more zero groups as "::", the last 32 bits dotted for ::ffff:a.b.c.d and ::a.b.c.d), which is also what
// inet_ntop(3) and tcpdump print: lines of both can be compared.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace skbtrail::packet {

struct MacAddress {
  std::array<uint8_t, 6> bytes{};

  bool operator==(const MacAddress&) const = default;
};

// An IPv4 address is in the first four bytes; the others are then zero.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  uint8_t version = 0;  // 4, 6, or 0 for no address

  bool operator==(const IpAddress&) const = default;
};

IpAddress ipv4_address(uint32_t host_order) noexcept;
// Of 16 bytes, of IPv4 the first four.
IpAddress ip_address(const uint8_t (&bytes)[16], bool is_ipv6) noexcept;

void append_address(fmt::memory_buffer& out, const IpAddress& address);
void append_address(fmt::memory_buffer& out, const MacAddress& address);
// "10.0.0.1:80", "[fd00::1]:80"; without a port the address alone.
void append_endpoint(fmt::memory_buffer& out, const IpAddress& address, std::optional<uint16_t> port);
std::string to_string(const IpAddress& address);
std::string to_string(const MacAddress& address);

}  // namespace skbtrail::packet
