// Inside of the room: the parts of a DNS message, between the files that read it.
//
// Everything is read twice: by dissect(), to see that it can be, and by the append functions, which then print as much
// as they come to. So each reader takes a buffer that may be null.
#pragma once

#include "packet/layers.h"

namespace skbtrail::packet {

// A name as on the wire, without its pointers: labels after their lengths.
struct DnsName {
  static constexpr size_t kLongest = 255;

  std::array<uint8_t, kLongest> wire{};
  uint8_t len = 0;
};

enum class DnsRead : uint8_t { ok, out_of_bytes, bad };

// Reads the name at `cursor`, which is left after it, or where the bytes ended. `message`: at the message's first
// byte.
[[nodiscard]] DnsRead read_dns_name(const Cursor& message, Cursor& cursor, DnsName& name) noexcept;

// At most about `most` characters, with "..." if there are more. Ends in a dot.
void append_dns_name(fmt::memory_buffer& out, const DnsName& name, size_t most);

// One record, in tcpdump's notation: " A 10.0.0.1". `out` may be null.
[[nodiscard]] DnsRead read_dns_record(fmt::memory_buffer* out, const Cursor& message, Cursor& cursor, bool multicast);

void append_dns_type(fmt::memory_buffer& out, uint16_t type);        // "AAAA", "Type999"
void append_dns_class(fmt::memory_buffer& out, uint16_t dns_class);  // " CHAOS"; nothing for the Internet's

}  // namespace skbtrail::packet
