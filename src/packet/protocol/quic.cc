// QUIC packets with a long header (RFC 9000 section 17.2; version 2 RFC 9369), which open a connection.
//
//    0          1         5       6           6+n     7+n
//   +----------+---------+-------+-----------+-------+--------+--- -
//   | 11tt.... | version | n     | dst id    | m     | src id | rest         n, m: at most 20
//   +----------+---------+-------+-----------+-------+--------+--- -
//    rest of an initial packet: token's length, token, length; of 0-RTT and handshake: length. Both lengths are
//    integers of 1, 2, 4 or 8 bytes, which the first two bits say.
//
// Those with a short header cannot be told from other datagrams, not on port 443 either: there the first byte of
// OpenVPN's data (0x48) has the same fixed bits. They are not called QUIC.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_quic;

namespace {

// A packet with QUIC's long header.
struct Quic {
  uint8_t type = 0;  // the two bits, by the version
  uint32_t version = 0;
  Piece dst_id;
  Piece src_id;

  bool operator==(const Quic&) const = default;
};

constexpr uint32_t kVersion1 = 1;
constexpr uint32_t kVersion2 = 0x6b3343cf;
constexpr uint8_t kLongHeader = 0xc0;
constexpr uint8_t kLongestId = 20;
constexpr uint64_t kLeastLength = 20;  // from there on bytes are taken to protect the header (RFC 9001 section 5.4.2)
enum PacketType : uint8_t { kInitial, kZeroRtt, kHandshake, kRetry };

// Only versions that are known: a datagram of something else is then taken for QUIC once in 2^34.
bool is_known(uint32_t version) noexcept {
  return version == kVersion1 || version == kVersion2;
}

// Version 2 turned the types by one.
PacketType packet_type(const Quic& quic) noexcept {
  return static_cast<PacketType>(quic.version == kVersion2 ? (quic.type + 3) & 3 : quic.type);
}

// Before a length that no id has the cursor stays.
bool read_id(Cursor& cursor, Piece& id) noexcept {
  uint8_t len = 0;
  if (cursor.peek() > kLongestId || !cursor.read(len)) return false;
  const Offset begin{cursor.offset()};
  if (!cursor.skip(len)) return false;
  id = {begin, len};
  return true;
}

void stop_at_id(const Cursor& cursor, Packet& packet) noexcept {
  if (cursor.shortage() != Cursor::Shortage::none) return stop(packet, protocol_quic, cursor);
  stop(packet, protocol_quic, Problem::bad_length, cursor.peek().value_or(0), kLongestId);
}

bool read_integer(Cursor& cursor, uint64_t& value) noexcept {
  uint8_t byte = 0;
  if (!cursor.read(byte)) return false;
  value = byte & 0x3f;
  for (unsigned more = (1u << (byte >> 6)) - 1; more > 0; --more) {
    if (!cursor.read(byte)) return false;
    value = value << 8 | byte;
  }
  return true;
}

// Whether what is after the ids is there and agrees with the datagram's length.
bool has_right_length(Cursor cursor, PacketType type) noexcept {
  uint64_t token_len = 0, len = 0;
  if (type == kRetry) return false;  // has no length
  if (type == kInitial && !(read_integer(cursor, token_len) && cursor.skip(token_len))) return false;
  return read_integer(cursor, len) && len >= kLeastLength && len <= cursor.packet_left().value_or(0);
}

void append_id(fmt::memory_buffer& out, const Bytes& from, std::string_view name, const Piece& id) {
  if (id.len == 0) return;
  append(out, name);
  Cursor cursor = cursor_at(from, id.begin);
  cursor.narrow(id.len);
  uint8_t byte = 0;
  while (cursor.read(byte)) fmt::format_to(fmt::appender(out), "{:02x}", byte);
}

void dissect_quic(Cursor& cursor, Packet& packet, bool on_its_port) noexcept {
  const std::optional<uint8_t> begin = cursor.peek();
  if (!begin || (*begin & kLongHeader) != kLongHeader) return;
  Quic quic;
  uint8_t first = 0;
  if (!(cursor.read(first) && cursor.read(quic.version)) || !is_known(quic.version)) return;
  const std::optional<uint8_t> id_len = cursor.peek();
  if (!id_len || *id_len > kLongestId) return;
  quic.type = first >> 4 & 3;
  const bool readable = read_id(cursor, quic.dst_id) && read_id(cursor, quic.src_id);
  if (on_its_port) {
    packet.message.set(protocol_quic, quic);
    if (!readable) stop_at_id(cursor, packet);
  } else if (readable && has_right_length(cursor, packet_type(quic))) {
    packet.message.set(protocol_quic, quic);
  }
}

unsigned version_of(const Quic& quic) noexcept {
  return quic.version == kVersion2 ? 2 : 1;
}

void append_quic(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Quic& quic = packet.message.get<Quic>();
  constexpr const char* kNames[] = {"initial", "0-rtt", "handshake", "retry"};
  fmt::format_to(fmt::appender(out), "quic, {}, v{}", kNames[packet_type(quic)], version_of(quic));
  append_id(out, from, ", dcid ", quic.dst_id);
  append_id(out, from, ", scid ", quic.src_id);
  append_length(out, packet.payload_len);
}

Value version(const Bytes&, const Packet& packet, Scratch&) {
  return number(version_of(packet.message.get<Quic>()));
}

Value dcid(const Bytes& from, const Packet& packet, Scratch& scratch) {
  append_id(scratch, from, "", packet.message.get<Quic>().dst_id);
  return text_in(scratch);
}

constexpr Rule kRules[] = {
    {By::udp_port, 443, [](Cursor& cursor, Packet& packet) noexcept { dissect_quic(cursor, packet, true); },
     Claim::own},
    {.by = By::udp_begin,
     .first = kLongHeader,
     .dissect = [](Cursor& cursor, Packet& packet) noexcept { dissect_quic(cursor, packet, false); },
     .last = 0xff},
};
constexpr MessageField kFields[] = {
    {"quic_version", Shown::number, "version of QUIC in a packet that opens a connection", 3, version},
    {"quic_dcid", Shown::text, "connection id in it that it goes to", 16, dcid},
};

}  // namespace

const Protocol protocol_quic{.name = "quic", .rules = kRules, .append = append_quic, .fields = kFields, .order = 30};

}  // namespace skbtrail::packet
