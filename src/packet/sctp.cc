// SCTP (RFC 9260), in tcpdump's notation. Further chunks: RFC 3758, 4820, 4895, 5061, 6525, 8260.
//
//    0      2      4      8          12
//   +------+------+------+----------+--- -       chunk:  0      1       2        4         len
//   | src  | dst  | tag  | checksum | chunks            +------+-------+--------+--- - - -+
//   +------+------+------+----------+--- -              | type | flags | len    | value   | padding to 4 bytes
//                                                       +------+-------+--------+--- - - -+
//
// A chunk that reaches to the packet's end, such as the one with data, needs not to be copied in whole.
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

enum Type : uint8_t { kData = 0, kInit = 1, kInitAck = 2, kSack = 3, kIData = 64 };
enum DataFlag : uint8_t { kEnding = 1, kBeginning = 2, kUnordered = 4 };

constexpr uint32_t kHeaderLen = 12;
constexpr uint16_t kChunkHeaderLen = 4;
constexpr size_t kMostChunks = 8;

struct Chunk {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint16_t len = 0;
  Cursor value;
};

const char* chunk_name(uint8_t type) {
  constexpr const char* kNames[] = {"DATA",     "INIT",     "INIT ACK",          "SACK",   "HB REQ",      "HB ACK",
                                    "ABORT",    "SHUTDOWN", "SHUTDOWN ACK",      "OP ERR", "COOKIE ECHO", "COOKIE ACK",
                                    "ECN ECHO", "ECN CWR",  "SHUTDOWN COMPLETE", "AUTH"};
  if (type < std::size(kNames)) return kNames[type];
  switch (type) {
    case kIData: return "I-DATA";
    case 0x80: return "ASCONF ACK";
    case 0x82: return "RE-CONFIG";
    case 0x84: return "PAD";
    case 0xc0: return "FOR CUM TSN";
    case 0xc1: return "ASCONF";
    case 0xc2: return "I-FOR TSN";
    default: return nullptr;
  }
}

// Bytes after the chunk's header that are printed.
uint16_t printed_len(uint8_t type) {
  switch (type) {
    case kData: return 12;
    case kInit:
    case kInitAck: return 16;
    case kSack: return 12;
    default: return 0;
  }
}

enum class Read : uint8_t { chunk, end, cut, bad };
Read read_chunk(Cursor& cursor, Chunk& chunk) noexcept {
  const std::optional<uint32_t> left = cursor.packet_left();
  if (left == 0u) return Read::end;
  if (!cursor.read(chunk.type)) return left ? Read::cut : Read::end;
  if (!(cursor.read(chunk.flags) && cursor.read(chunk.len))) return Read::cut;
  if (chunk.len < kChunkHeaderLen || (left && chunk.len > *left)) return Read::bad;
  chunk.value = cursor;
  chunk.value.narrow(chunk.len - kChunkHeaderLen);
  const uint32_t padded = (chunk.len + 3u) & ~3u;
  const bool last = left && padded >= *left;
  const uint16_t value_len = chunk.len - kChunkHeaderLen;
  const uint32_t needed = last ? std::min(printed_len(chunk.type), value_len) : padded - kChunkHeaderLen;
  if (!cursor.skip(needed)) return Read::cut;
  if (last) cursor.narrow(0);
  return Read::chunk;
}

void append_data(fmt::memory_buffer& out, const Chunk& chunk) {
  Cursor value = chunk.value;
  uint32_t tsn = 0, protocol = 0;
  uint16_t stream = 0, sequence = 0;
  if (chunk.flags & kUnordered) append(out, "(U)");
  if (chunk.flags & kBeginning) append(out, "(B)");
  if (chunk.flags & kEnding) append(out, "(E)");
  if (chunk.flags & (kUnordered | kBeginning | kEnding)) append(out, " ");
  if (!(value.read(tsn) && value.read(stream) && value.read(sequence) && value.read(protocol))) return;
  fmt::format_to(fmt::appender(out), "[TSN: {}] [SID: {}] [SSEQ {}] [PPID 0x{:x}] ", tsn, stream, sequence, protocol);
}

void append_init(fmt::memory_buffer& out, Cursor value) {
  uint32_t tag = 0, window = 0, tsn = 0;
  uint16_t out_streams = 0, in_streams = 0;
  if (!(value.read(tag) && value.read(window) && value.read(out_streams) && value.read(in_streams) &&
        value.read(tsn))) {
    return;
  }
  fmt::format_to(fmt::appender(out), "[init tag: {}] [rwnd: {}] [OS: {}] [MIS: {}] [init TSN: {}] ", tag, window,
                 out_streams, in_streams, tsn);
}

void append_sack(fmt::memory_buffer& out, Cursor value) {
  uint32_t ack = 0, window = 0;
  uint16_t gaps = 0, duplicates = 0;
  if (!(value.read(ack) && value.read(window) && value.read(gaps) && value.read(duplicates))) return;
  fmt::format_to(fmt::appender(out), "[cum ack {}] [a_rwnd {}] [#gap acks {}] [#dup tsns {}] ", ack, window, gaps,
                 duplicates);
}

void append_chunk(fmt::memory_buffer& out, const Chunk& chunk) {
  if (const char* name = chunk_name(chunk.type)) {
    fmt::format_to(fmt::appender(out), "[{}] ", name);
  } else {
    fmt::format_to(fmt::appender(out), "[Unknown chunk type: 0x{:x}] ", chunk.type);
  }
  switch (chunk.type) {
    case kData: return append_data(out, chunk);
    case kInit:
    case kInitAck: return append_init(out, chunk.value);
    case kSack: return append_sack(out, chunk.value);
    default: return;
  }
}

}  // namespace

void dissect_sctp(Cursor& cursor, Packet& packet) noexcept {
  if (!read_ports(cursor, packet.ports)) return stop(packet, Layer::sctp, cursor);
  Sctp sctp;
  uint32_t checksum = 0;
  if (!(cursor.read(sctp.tag) && cursor.read(checksum))) return stop(packet, Layer::sctp, cursor);
  packet.transport = sctp;
  packet.payload_len = cursor.packet_left();
  if (packet.made) return;
  Chunk chunk{.value = cursor};
  for (size_t i = 0; i < kMostChunks; ++i) {
    const std::optional<uint32_t> left = cursor.packet_left();
    switch (read_chunk(cursor, chunk)) {
      case Read::chunk: break;
      case Read::end: return;
      case Read::cut: return stop(packet, Layer::sctp, cursor);
      case Read::bad:
        return stop(packet, Layer::sctp, Problem::bad_length, chunk.len,
                    chunk.len < kChunkHeaderLen ? kChunkHeaderLen : left.value_or(0));
    }
  }
}

void append_sctp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!std::holds_alternative<Sctp>(packet.transport)) return;
  append(out, "sctp");
  if (packet.made) return;
  Cursor cursor = upper_cursor(from, packet);
  if (!cursor.skip(kHeaderLen)) return;
  Chunk chunk{.value = cursor};
  for (size_t i = 0; read_chunk(cursor, chunk) == Read::chunk; ++i) {
    if (i == kMostChunks) return append(out, ", ...");
    fmt::format_to(fmt::appender(out), "{} ({}) ", i == 0 ? "" : ",", i + 1);
    append_chunk(out, chunk);
  }
}

void append_sctp_chunks(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!std::holds_alternative<Sctp>(packet.transport) || packet.made) return;
  Cursor cursor = upper_cursor(from, packet);
  if (!cursor.skip(kHeaderLen)) return;
  Chunk chunk{.value = cursor};
  for (size_t i = 0; read_chunk(cursor, chunk) == Read::chunk; ++i) {
    if (i > 0) out.push_back(',');
    if (i == 2 * kMostChunks) return append(out, "...");
    const char* name = chunk_name(chunk.type);
    fmt::format_to(fmt::appender(out), "{}", name ? name : "chunk ");
    if (!name) append_number(out, chunk.type);
  }
}

}  // namespace skbtrail::packet
