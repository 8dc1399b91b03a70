// A protocol of one file: protocol/NAME.cc says where it is found, reads it, shows it, and brings its fields.
//
// The file defines `const Protocol protocol_NAME`, its one name that others see. The build lists the files of that
// folder (protocols.cc), registry.cc makes the tables of that list; no other file changes for a protocol, and none
// includes another's. How to write one:
//   - a struct of what is kept of a message: plain values, at most 32 bytes; what is longer stays in the bytes, as a
//     Piece. None of it is more than the bytes say;
//   - for each rule a function that reads the message at the cursor and sets Packet::message. It sets nothing where the
//     bytes are no message of its protocol. It stop()s at the first thing that is wrong in one that is;
//   - a function that appends the message to the packet's line, and one for each field;
//   - where it carries a packet, a call of carry() or carry_ethertype() (layers.h) where its header ends;
//   - a packet in tests/unit/packet/samples.cc: all tests, the comparison with tcpdump too, then cover it.
#pragma once

#include <span>
#include <string_view>

#include "packet/layers.h"
#include "text/value.h"

namespace skbtrail::packet {

using text::number;
using text::Scratch;
using text::text_in;
using text::Value;

// By what a message is found.
enum class By : uint8_t {
  udp_port,     // either port
  udp_to_port,  // the port that the datagram goes to
  udp_begin,    // the first byte of a datagram of whose ports nothing is known
  tcp_port,     // either port
  tcp_begin,    // the first byte of a segment, likewise
  ethertype,    // the Ethernet type in front of it
  ip_protocol,  // the protocol of the IP header, or of the last of IPv6's
};

// Of a port.
enum class Claim : uint8_t {
  // Others use it, too. What is no message of this protocol may be one of the other port's, where this port is below
  // 1024, or of one that is told by its first byte.
  shared,
  own,  // nothing else is looked for. Goes before shared ones, as is in Protocol::rules and in their files' order
};

struct Rule {  // NOLINT(clang-analyzer-optin.performance.Padding): a row of a table, in the order of reading
  By by;
  uint16_t first;
  void (*dissect)(Cursor& cursor, Packet& packet) noexcept;
  Claim claim = Claim::shared;
  uint16_t last = 0;  // of the numbers from `first` on; 0: that one
};

enum class Shown : uint8_t { number, hex, text };

// A field of messages: a row of --fields. A name that several protocols have is one field, as the row with a meaning
// says.
struct MessageField {  // NOLINT(clang-analyzer-optin.performance.Padding): the same
  std::string_view name;
  Shown shown;
  std::string_view meaning;  // one line; empty: in the row of another protocol
  uint8_t width;             // column, at least
  // Of a packet that has a message of this protocol, `from` what it was dissected from. `scratch` is empty.
  Value (*get)(const Bytes& from, const Packet& packet, Scratch& scratch);
  bool in_tunnels = false;  // of the outermost packet that has it; else of the outermost packet alone
};

struct Protocol {
  std::string_view name;  // as in the marks of a line: "[|ntp]"
  std::span<const Rule> rules;
  // Its part of the line: in place of "UDP, length 5", "ethertype Unknown (0x1234), length 5" or "ip-proto-253 5";
  // after the header of TCP. Null if it sets no message, but carries a packet.
  void (*append)(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
  std::span<const MessageField> fields = {};
  uint8_t order = 100;           // of the fields among those of others; of equal ones by the files' names
  bool has_own_length = false;   // so that what a first fragment lacks of a message is no fault
  std::string_view tunnel = {};  // of what carries packets: its name in the field `tunnel`
};

extern const std::span<const Protocol* const> kAllProtocols;

// The fault of a message: see stop() in layers.h.
void stop(Packet& packet, const Protocol& protocol, const Cursor& cursor) noexcept;
void stop(Packet& packet, const Protocol& protocol, Problem problem, uint32_t found, uint32_t bound) noexcept;
Layer layer_of(const Protocol& protocol) noexcept;

// Null for a layer that is no protocol's own.
const Protocol* protocol_of(Layer layer) noexcept;

// What is after the header of UDP or TCP: by the ports, else by the first byte. The cursor is left where it was.
void dissect_in_udp(const Cursor& cursor, Packet& packet) noexcept;
void dissect_in_tcp(const Cursor& cursor, Packet& packet) noexcept;

// What is after an Ethernet type or an IP header, where no header of the core (layers.h) is. False if no protocol
// takes it: then it is shown by its number. The cursor is left where it was.
bool dissect_by_number(By by, uint16_t number, Cursor cursor, Packet& packet) noexcept;
bool append_by_number(By by, uint16_t number, fmt::memory_buffer& out, const Bytes& from, const Packet& packet);

}  // namespace skbtrail::packet
