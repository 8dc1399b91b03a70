// Names in a DNS message (RFC 1035 section 3.1 and 4.1.4).
//
//    0                          a pointer in place of a label ends the name:
//   +-----+---------+            0
//   | len | label   | ... 0     +----+--------+
//   +-----+---------+           | 11 | offset |     from the message's begin
//    len: 1 to 63               +----+--------+
//
// Whoever sends the message chooses the pointers. Each must lead to before the piece of the name that it ends (a loop
// is then impossible), and the whole may not be longer than 255 bytes.
#include "packet/dns.h"

namespace skbtrail::packet {
namespace {

constexpr uint8_t kPointer = 0xc0;
constexpr uint8_t kLongestLabel = 63;

// From the cursor to the end of the name.
DnsRead read_label(Cursor& cursor, uint8_t label_len, DnsName& name) noexcept {
  if (name.len + label_len + 2u > DnsName::kLongest) return DnsRead::bad;  // and the zero at the end
  name.wire[name.len++] = label_len;
  for (; label_len > 0; --label_len) {
    if (!cursor.read(name.wire[name.len])) return DnsRead::out_of_bytes;
    ++name.len;
  }
  return DnsRead::ok;
}

bool is_plain(uint8_t byte) {
  return byte > ' ' && byte < 0x7f && byte != '\\' && byte != '.';
}

}  // namespace

DnsRead read_dns_name(const Cursor& message, Cursor& cursor, DnsName& name) noexcept {
  Cursor at = cursor;
  bool jumped = false;
  uint32_t piece = at.offset();
  name.len = 0;
  for (;;) {
    Cursor& reading = jumped ? at : cursor;
    uint8_t len = 0, low = 0;
    if (!reading.read(len)) return DnsRead::out_of_bytes;
    if (len == 0) return DnsRead::ok;
    if (len <= kLongestLabel) {
      if (const DnsRead read = read_label(reading, len, name); read != DnsRead::ok) return read;
      continue;
    }
    if ((len & kPointer) != kPointer) return DnsRead::bad;
    if (!reading.read(low)) return DnsRead::out_of_bytes;
    const uint32_t target = (len & 0x3fu) << 8 | low;
    at = message;
    if (message.offset() + target >= piece || !at.skip(target)) return DnsRead::bad;
    piece = at.offset();
    jumped = true;
  }
}

void append_dns_name(fmt::memory_buffer& out, const DnsName& name, size_t most) {
  if (name.len == 0) return append(out, ".");
  const size_t begin = out.size();
  for (size_t at = 0; at < name.len;) {
    for (size_t left = name.wire[at++]; left > 0; --left, ++at) {
      if (out.size() - begin >= most) return append(out, "...");
      const uint8_t byte = name.wire[at];
      if (is_plain(byte)) {
        out.push_back(static_cast<char>(byte));
      } else {
        fmt::format_to(fmt::appender(out), "\\{:03}", byte);
      }
    }
    out.push_back('.');
  }
}

void append_escaped(fmt::memory_buffer& out, Cursor bytes, size_t most) {
  const size_t begin = out.size();
  uint8_t byte = 0;
  while (bytes.read(byte)) {
    if (out.size() - begin >= most) return append(out, "...");
    if (is_plain(byte) || byte == '.' || byte == ' ') {
      out.push_back(static_cast<char>(byte));
    } else {
      fmt::format_to(fmt::appender(out), "\\{:03}", byte);
    }
  }
}

void append_piece(fmt::memory_buffer& out, const Bytes& from, const Piece& piece, size_t most) {
  Cursor text = cursor_at(from, piece.begin);
  text.narrow(piece.len);
  append_escaped(out, text, most);
}

}  // namespace skbtrail::packet
