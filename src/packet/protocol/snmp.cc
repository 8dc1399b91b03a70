// SNMP (RFC 1157, RFC 3416; version 3 RFC 3412), in ASN.1's basic encoding: a tag, a length, what is in it.
//
//    30 len                                  version 3:
//      02 len version   (0: v1, 1: v2c)        02 len 3
//      04 len community                        30 len  id, most bytes, 04 1 flags, model
//      a0..a8 len                              04 len  security parameters
//        02 request id  02 error  02 index     30 len  04 engine  04 context  a0..a8 len ...
//        30 len  30 len  06 len OID  value      or, encrypted: 04 len ...
//    A trap of version 1 begins with its enterprise's OID in place of the request id.
//
// A community is a password: it is walked over, and never printed.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_snmp;

namespace {

struct Snmp {
  uint8_t version = 0;  // as in the message: 0, 1 or 3
  uint8_t pdu = 0;      // its tag; 0: encrypted
  uint8_t error = 0;    // of a response
  Piece oid;            // of the first variable, or a trap's enterprise; empty: none

  bool operator==(const Snmp&) const = default;
};

enum Tag : uint8_t { kInteger = 0x02, kOctets = 0x04, kOid = 0x06, kSequence = 0x30 };
enum Version : uint8_t { kV1 = 0, kV2c = 1, kV3 = 3 };
enum Pdu : uint8_t { kResponse = 0xa2, kTrapV1 = 0xa4, kReport = 0xa8 };
constexpr uint8_t kFirstPdu = 0xa0, kLastPdu = 0xa8;
constexpr size_t kMostInLine = 100;
constexpr size_t kMostInField = 1024;

// Tag and length; the body is then at the cursor. False if the bytes end, for a length that fits into no datagram, and
// for an indefinite one, which SNMP does not have (RFC 3417 section 8). A length may have more bytes than it needs.
bool read_head(Cursor& cursor, uint8_t& tag, uint32_t& len) noexcept {
  uint8_t first = 0, byte = 0;
  if (!(cursor.read(tag) && cursor.read(first))) return false;
  len = first;
  if (first < 0x80) return true;
  if (first == 0x80 || first == 0xff) return false;
  len = 0;
  for (unsigned more = first & 0x7fu; more > 0; --more) {
    if (len >> 24 != 0 || !cursor.read(byte)) return false;
    len = len << 8 | byte;
  }
  return true;
}

// What is said to be longer than what holds it ends with that; the cursor notes that it is short.
void enter_body(Cursor& cursor, uint32_t len) noexcept {
  if (len > cursor.packet_left().value_or(len)) (void)cursor.skip(len);
  cursor.narrow(len);
}

// Into what the tag holds, which ends where its length says.
bool enter(Cursor& cursor, uint8_t wanted) noexcept {
  uint8_t tag = 0;
  uint32_t len = 0;
  if (!read_head(cursor, tag, len) || tag != wanted) return false;
  enter_body(cursor, len);
  return true;
}

bool walk_over(Cursor& cursor, uint8_t wanted) noexcept {
  uint8_t tag = 0;
  uint32_t len = 0;
  return read_head(cursor, tag, len) && tag == wanted && cursor.skip(len);
}

// As an unsigned number of at most four bytes.
bool read_integer(Cursor& cursor, uint32_t& value) noexcept {
  uint8_t tag = 0, byte = 0;
  uint32_t len = 0;
  if (!read_head(cursor, tag, len) || tag != kInteger || len == 0 || len > 4) return false;
  for (value = 0; len > 0; --len) {
    if (!cursor.read(byte)) return false;
    value = value << 8 | byte;
  }
  return true;
}

// Up to the PDU or to what is encrypted.
bool enter_scoped(Cursor& cursor) noexcept {
  if (!(walk_over(cursor, kSequence) && walk_over(cursor, kOctets))) return false;
  if (cursor.peek() == kOctets) return true;
  return enter(cursor, kSequence) && walk_over(cursor, kOctets) && walk_over(cursor, kOctets);
}

bool enter_pdu(Cursor& cursor, Snmp& snmp) noexcept {
  uint32_t len = 0;
  if (!read_head(cursor, snmp.pdu, len)) return false;
  enter_body(cursor, len);
  if (snmp.version == kV3 && snmp.pdu == kOctets) {
    snmp.pdu = 0;
    return true;
  }
  return snmp.pdu >= kFirstPdu && snmp.pdu <= kLastPdu;
}

// Numbers of at most 32 bits (RFC 2578 section 3.5), of which the last one is whole.
bool is_oid(Cursor body) noexcept {
  uint32_t number = 0;
  uint8_t byte = 0;
  while (body.read(byte)) {
    if (number >> 25 != 0) return false;
    number = number << 7 | (byte & 0x7fu);
    if ((byte & 0x80) == 0) number = 0;
  }
  return (byte & 0x80) == 0;
}

bool read_oid(Cursor& cursor, Snmp& snmp) noexcept {
  uint8_t tag = 0;
  uint32_t len = 0;
  if (!read_head(cursor, tag, len) || tag != kOid) return false;
  const Offset begin{cursor.offset()};
  Cursor body = cursor;
  body.narrow(len);
  if (!cursor.skip(len) || !is_oid(body)) return false;
  snmp.oid = {begin, len};
  return true;
}

// A message need not ask for anything.
bool read_first_variable(Cursor& cursor, Snmp& snmp) noexcept {
  if (!enter(cursor, kSequence)) return false;
  if (cursor.packet_left() == 0u) return true;
  return enter(cursor, kSequence) && read_oid(cursor, snmp);
}

bool read_body(Cursor& cursor, Snmp& snmp) noexcept {
  if (snmp.pdu == kTrapV1) return read_oid(cursor, snmp);
  uint32_t request = 0, error = 0, index = 0;
  if (!(read_integer(cursor, request) && read_integer(cursor, error) && read_integer(cursor, index))) return false;
  // The others have no error there.
  if (snmp.pdu == kResponse || snmp.pdu == kReport) snmp.error = static_cast<uint8_t>(std::min(error, 255u));
  return read_first_variable(cursor, snmp);
}

const char* error_name(uint8_t error) noexcept {
  constexpr const char* kNames[] = {"noError",
                                    "tooBig",
                                    "noSuchName",
                                    "badValue",
                                    "readOnly",
                                    "genErr",
                                    "noAccess",
                                    "wrongType",
                                    "wrongLength",
                                    "wrongEncoding",
                                    "wrongValue",
                                    "noCreation",
                                    "inconsistentValue",
                                    "resourceUnavailable",
                                    "commitFailed",
                                    "undoFailed",
                                    "authorizationError",
                                    "notWritable",
                                    "inconsistentName"};
  return error < std::size(kNames) ? kNames[error] : "error";
}

// Numbers in base 128, the highest digit first; the first one holds two.
void append_oid(fmt::memory_buffer& out, const Bytes& from, const Piece& oid, size_t most) {
  Cursor cursor = cursor_at(from, oid.begin);
  cursor.narrow(oid.len);
  const size_t begin = out.size();
  uint32_t number = 0;
  uint8_t byte = 0;
  bool first = true;
  while (cursor.read(byte)) {
    if (out.size() - begin >= most) return append(out, "...");
    number = number << 7 | (byte & 0x7fu);
    if (byte & 0x80) continue;
    if (first) {
      const uint32_t root = std::min(number / 40, 2u);
      fmt::format_to(fmt::appender(out), "{}.{}", root, number - 40 * root);
    } else {
      fmt::format_to(fmt::appender(out), ".{}", number);
    }
    first = false;
    number = 0;
  }
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Snmp snmp;
  uint32_t version = 0;
  if (!(enter(cursor, kSequence) && read_integer(cursor, version))) return;
  if (version != kV1 && version != kV2c && version != kV3) return;
  snmp.version = static_cast<uint8_t>(version);
  if (!(snmp.version == kV3 ? enter_scoped(cursor) : walk_over(cursor, kOctets)) || !enter_pdu(cursor, snmp)) return;
  const bool readable = snmp.pdu == 0 || read_body(cursor, snmp);
  packet.message.set(protocol_snmp, snmp);
  if (readable && cursor.shortage() == Cursor::Shortage::none) return;
  // What the cursor did not miss is there, and of another kind.
  cursor.shortage() == Cursor::Shortage::none ? stop(packet, protocol_snmp, Problem::bad_encoding, 0, 0)
                                              : stop(packet, protocol_snmp, cursor);
}

const char* pdu_name(uint8_t pdu) noexcept {
  constexpr const char* kNames[] = {"GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap",
                                    "GetBulk",    "Inform",         "V2Trap",      "Report"};
  return pdu >= kFirstPdu && pdu <= kLastPdu ? kNames[pdu - kFirstPdu] : "";
}

void append_snmp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Snmp& snmp = packet.message.get<Snmp>();
  append(out, snmp.version == kV1 ? "SNMPv1 " : snmp.version == kV2c ? "SNMPv2c " : "SNMPv3 ");
  append(out, snmp.pdu == 0 ? "encrypted" : pdu_name(snmp.pdu));
  if (snmp.version != kV3) append(out, ", community not shown");
  if (snmp.error != 0) {
    append(out, ", ");
    append(out, error_name(snmp.error));
  }
  if (snmp.oid.len != 0) {
    append(out, ", ");
    append_oid(out, from, snmp.oid, kMostInLine);
  }
  append_length(out, packet.payload_len);
}

Value pdu(const Bytes&, const Packet& packet, Scratch&) {
  const Snmp& snmp = packet.message.get<Snmp>();
  return snmp.pdu != 0 ? Value(std::string_view(pdu_name(snmp.pdu))) : Value();
}

Value first_oid(const Bytes& from, const Packet& packet, Scratch& scratch) {
  append_oid(scratch, from, packet.message.get<Snmp>().oid, kMostInField);
  return text_in(scratch);
}

constexpr Rule kRules[] = {{By::udp_port, 161, dissect}, {By::udp_port, 162, dissect}};  // agents, traps
constexpr MessageField kFields[] = {
    {"snmp_pdu", Shown::text, "GetRequest, GetResponse, V2Trap, ...", 10, pdu},
    {"snmp_oid", Shown::text, "of its first variable, or a trap's enterprise", 0, first_oid},
};

}  // namespace

const Protocol protocol_snmp{
    .name = "snmp", .rules = kRules, .append = append_snmp, .fields = kFields, .order = 70, .has_own_length = true};

}  // namespace skbtrail::packet
