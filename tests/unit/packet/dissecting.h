// Short forms that the tests of this folder share.
#pragma once

#include <string>
#include <vector>

#include "packet/packet.h"
#include "packet_builder.h"

namespace skbtrail::test {

// As if all of the packet had been copied from its Ethernet header on.
inline packet::Bytes from_link(const ByteVector& bytes) {
  return {.bytes = bytes, .start = packet::Start::link, .wire_len = static_cast<uint32_t>(bytes.size())};
}

inline packet::Bytes from_network(const ByteVector& bytes, uint16_t ethertype) {
  packet::Bytes from = from_link(bytes);
  from.start = packet::Start::network;
  from.ethertype = ethertype;
  return from;
}

inline std::string summary(const packet::Packet& packet) {
  fmt::memory_buffer out;
  packet::append_summary(out, packet);
  return fmt::to_string(out);
}

inline std::string summary(const ByteVector& bytes) {
  return summary(packet::dissect(from_link(bytes)));
}

inline std::string fault_text(const packet::Packet& packet) {
  fmt::memory_buffer out;
  packet::append_fault(out, packet.fault);
  return fmt::to_string(out);
}

}  // namespace skbtrail::test
