// Short forms that the tests of this folder share.
#pragma once

#include <string>
#include <vector>

#include "packet/fields.h"
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

inline std::string summary(const packet::Bytes& from) {
  fmt::memory_buffer out;
  packet::append_summary(out, from, packet::dissect(from));
  return fmt::to_string(out);
}

inline std::string summary(const ByteVector& bytes) {
  return summary(from_link(bytes));
}

// A packet that carries no other, and no text that is in the bytes alone.
inline std::string summary(const packet::Packet& packet) {
  fmt::memory_buffer out;
  packet::append_summary(out, {}, packet);
  return fmt::to_string(out);
}

// What a field of messages says of the packet: its text or its number; nothing where it does not know.
inline std::string told(std::string_view field, const packet::Bytes& from) {
  packet::Scratch scratch;
  const packet::Packet outermost = packet::dissect(from);
  const packet::Value value = packet::value_of(*packet::find_message_field(field), from, outermost, scratch);
  if (const auto* number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  const auto* text = std::get_if<std::string_view>(&value);
  return text ? std::string(*text) : "";
}

// Of the packet or the one in it that has a fault.
inline packet::Fault first_fault(const packet::Bytes& from) {
  const packet::Packet outermost = packet::dissect(from);
  packet::Walk walk(from, outermost);
  while (!walk.packet().fault && walk.next()) {
  }
  return walk.packet().fault;
}

inline std::string fault_text(const packet::Bytes& from) {
  fmt::memory_buffer out;
  packet::append_fault(out, from, packet::dissect(from));
  return fmt::to_string(out);
}

inline std::string fault_text(const packet::Packet& packet) {
  fmt::memory_buffer out;
  packet::append_fault(out, packet.fault);
  return fmt::to_string(out);
}

}  // namespace skbtrail::test
