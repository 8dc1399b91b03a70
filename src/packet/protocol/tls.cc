// TLS records at the begin of a TCP segment (RFC 8446 section 5.1), and in them hellos, which are not encrypted.
//
//    0      1         3     5                   client hello (RFC 8446 section 4.1.2; lengths before what has one)
//   +------+---------+-----+--- -              +---+-----+---------+-----------+---------+---------+-------+---- -
//   | type | version | len | fragment          | 1 | len | version | random 32 | session | ciphers | compr | ext
//   +------+---------+-----+--- -              +---+-----+---------+-----------+---------+---------+-------+---- -
//                                               1   3     2                     1         2         1       2
//
// TLS has no port. What does not look like a record in every field is not taken for one; what is sent in the middle of
// a record is not recognized. A hello that is longer than its segment or its record goes on in the next one, which is
// no fault; parts that are longer than their hello are one.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_tls;

namespace {

// A TLS record at the begin of a TCP segment.
struct Tls {
  uint8_t record_type = 0;
  uint16_t version = 0;        // of a hello: the highest that is offered; else the record's
  uint8_t handshake_type = 0;  // 0: no handshake, or one that cannot be read
  std::optional<Piece> sni;    // of a client hello
  std::optional<Piece> alpn;   // its protocols, each after a byte of length

  bool operator==(const Tls&) const = default;
};

enum RecordType : uint8_t { kChangeCipher = 20, kAlert = 21, kHandshake = 22, kData = 23 };
enum HandshakeType : uint8_t { kClientHello = 1, kServerHello = 2 };
enum Extension : uint16_t { kServerName = 0, kAlpn = 16, kSupportedVersions = 43 };

constexpr uint16_t kLongestRecord = (1u << 14) + 2048;  // RFC 5246 section 6.2.3
constexpr size_t kMostInLine = 100;
constexpr size_t kMostInField = 1024;

const char* handshake_name(uint8_t type) {
  switch (type) {
    case kClientHello: return "client hello";
    case kServerHello: return "server hello";
    case 4: return "new session ticket";
    case 11: return "certificate";
    case 12: return "server key exchange";
    case 13: return "certificate request";
    case 14: return "server hello done";
    case 15: return "certificate verify";
    case 16: return "client key exchange";
    case 22: return "certificate status";
    default: return nullptr;
  }
}

const char* version_name(uint16_t version) {
  switch (version) {
    case 0x0300: return "SSL 3.0";
    case 0x0301: return "TLS 1.0";
    case 0x0302: return "TLS 1.1";
    case 0x0303: return "TLS 1.2";
    case 0x0304: return "TLS 1.3";
    default: return "TLS";
  }
}

bool is_record(uint8_t type, uint16_t version, uint16_t len) noexcept {
  if (type < kChangeCipher || type > kData || version < 0x0300 || version > 0x0303) return false;
  if (type == kChangeCipher) return len == 1;
  return len >= 2 && len <= kLongestRecord;
}

// Skips what is after its own length.
template <std::unsigned_integral Length>
bool skip_with_length(Cursor& cursor) noexcept {
  Length len = 0;
  return cursor.read(len) && cursor.skip(len);
}

void take_server_name(Cursor body, Tls& tls) noexcept {
  uint16_t list_len = 0, len = 0;
  uint8_t type = 0;
  if (!(body.read(list_len) && body.read(type) && body.read(len)) || type != 0) return;
  const Offset begin{body.offset()};
  if (len > 0 && body.skip(len)) tls.sni = Piece{begin, len};
}

void take_alpn(Cursor body, Tls& tls) noexcept {
  uint16_t len = 0;
  if (!body.read(len)) return;
  const Offset begin{body.offset()};
  if (len > 0 && body.skip(len)) tls.alpn = Piece{begin, len};
}

// In a client hello a list, in a server hello one.
void take_versions(Cursor body, Tls& tls) noexcept {
  uint8_t list_len = 0;
  if (tls.handshake_type == kClientHello && !body.read(list_len)) return;
  uint16_t version = 0;
  while (body.read(version)) {
    if (version >= 0x0300 && version <= 0x0304) tls.version = std::max(tls.version, version);
  }
}

void take_extension(uint16_t type, const Cursor& body, Tls& tls) noexcept {
  switch (type) {
    case kServerName: return take_server_name(body, tls);
    case kAlpn: return take_alpn(body, tls);
    case kSupportedVersions: return take_versions(body, tls);
    default: return;
  }
}

// False where the bytes end.
bool read_extensions(Cursor& cursor, Tls& tls) noexcept {
  uint16_t all_len = 0;
  if (cursor.packet_left() == 0u) return true;  // as before TLS 1.2
  if (!cursor.read(all_len)) return false;
  const bool whole = cursor.packet_left().value_or(UINT32_MAX) >= all_len;
  if (whole) cursor.narrow(all_len);
  while (cursor.packet_left() != 0u) {
    uint16_t type = 0, len = 0;
    if (!(cursor.read(type) && cursor.read(len))) return false;
    Cursor body = cursor;
    if (!cursor.skip(len)) return false;
    body.narrow(len);
    take_extension(type, body, tls);
  }
  return whole;
}

bool read_hello(Cursor& cursor, Tls& tls) noexcept {
  constexpr size_t kRandomLen = 32;
  if (!(cursor.read(tls.version) && cursor.skip(kRandomLen) && skip_with_length<uint8_t>(cursor))) return false;
  const bool after_ciphers = tls.handshake_type == kClientHello
                                 ? skip_with_length<uint16_t>(cursor) && skip_with_length<uint8_t>(cursor)
                                 : cursor.skip(3);
  return after_ciphers && read_extensions(cursor, tls);
}

// Protocols by comma, each of which is after its length.
void append_alpn(fmt::memory_buffer& out, const Bytes& from, const Piece& alpn, size_t most) {
  Cursor list = cursor_at(from, alpn.begin);
  list.narrow(alpn.len);
  const size_t begin = out.size();
  uint8_t len = 0;
  while (list.read(len)) {
    Cursor name = list;
    if (!list.skip(len)) return;
    if (out.size() > begin) out.push_back(',');
    if (out.size() - begin >= most) return append(out, "...");
    name.narrow(len);
    append_escaped(out, name, most);
  }
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Tls tls;
  uint16_t version = 0, len = 0;
  if (!(cursor.read(tls.record_type) && cursor.read(version) && cursor.read(len))) return;
  if (!is_record(tls.record_type, version, len)) return;
  if (tls.record_type != kHandshake) {
    packet.message.set(protocol_tls, tls);
    return;
  }
  bool whole = cursor.packet_left().value_or(UINT32_MAX) >= len;
  cursor.narrow(len);
  uint8_t type = 0, len_high = 0;
  if (!cursor.read(type)) {
    packet.message.set(protocol_tls, tls);
    return stop(packet, protocol_tls, cursor);
  }
  if (handshake_name(type)) tls.handshake_type = type;
  const bool hello = type == kClientHello || type == kServerHello;
  uint16_t len_low = 0;
  bool readable = !hello || (cursor.read(len_high) && cursor.read(len_low));
  if (hello && readable) {
    const uint32_t hello_len = uint32_t{len_high} << 16 | len_low;
    whole = whole && cursor.packet_left().value_or(0) >= hello_len;
    if (whole) cursor.narrow(hello_len);
    readable = read_hello(cursor, tls);
  }
  packet.message.set(protocol_tls, tls);
  if (!readable && (whole || cursor.shortage() == Cursor::Shortage::cut)) stop(packet, protocol_tls, cursor);
}

void append_tls(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Tls& tls = packet.message.get<Tls>();
  fmt::format_to(fmt::appender(out), ": {} ", version_name(tls.version));
  switch (tls.record_type) {
    case kChangeCipher: return append(out, "change cipher spec");
    case kAlert: return append(out, "alert");
    case kData: return append(out, "application data");
    default: break;
  }
  const char* name = handshake_name(tls.handshake_type);
  append(out, name ? name : "handshake");
  if (tls.sni) {
    append(out, ", sni ");
    append_piece(out, from, *tls.sni, kMostInLine);
  }
  if (tls.alpn) {
    append(out, ", alpn ");
    append_alpn(out, from, *tls.alpn, kMostInLine);
  }
}

Value sni(const Bytes& from, const Packet& packet, Scratch& scratch) {
  if (const auto& found = packet.message.get<Tls>().sni) append_piece(scratch, from, *found, kMostInField);
  return text_in(scratch);
}

Value alpn(const Bytes& from, const Packet& packet, Scratch& scratch) {
  if (const auto& found = packet.message.get<Tls>().alpn) append_alpn(scratch, from, *found, kMostInField);
  return text_in(scratch);
}

constexpr Rule kRules[] = {{.by = By::tcp_begin, .first = kChangeCipher, .dissect = dissect, .last = kData}};
constexpr MessageField kFields[] = {
    {"tls_sni", Shown::text, "server name in a TLS client hello", 0, sni},
    {"tls_alpn", Shown::text, "protocols in a TLS client hello: h2,http/1.1", 0, alpn},
};

}  // namespace

const Protocol protocol_tls{.name = "tls", .rules = kRules, .append = append_tls, .fields = kFields, .order = 20};

}  // namespace skbtrail::packet
