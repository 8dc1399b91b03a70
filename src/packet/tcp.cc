// TCP (RFC 9293; AE in RFC 9768). Options: tcp_options.cc.
//
//    0      2      4      8      12      13     14       16         18       20
//   +------+------+------+------+-------+------+--------+----------+--------+--- -
//   | src  | dst  | seq  | ack  |off|AE | flags| window | checksum | urgent | options
//   +------+------+------+------+-------+------+--------+----------+--------+--- -
//    off: header length in 4-byte words
#include "packet/protocol.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kFixedLen = 20;

struct FlagLetter {
  TcpFlag flag;
  char letter;
};

// tcpdump's letters in tcpdump's order.
constexpr FlagLetter kFlagLetters[] = {
    {kTcpFin, 'F'}, {kTcpSyn, 'S'}, {kTcpRst, 'R'}, {kTcpPush, 'P'}, {kTcpAck, '.'},
    {kTcpUrg, 'U'}, {kTcpEce, 'E'}, {kTcpCwr, 'W'}, {kTcpAe, 'e'},
};

void append_flags(fmt::memory_buffer& out, uint16_t flags) {
  append(out, "Flags [");
  if (flags == 0) append(out, "none");
  for (const FlagLetter& f : kFlagLetters) {
    if (flags & f.flag) out.push_back(f.letter);
  }
  append(out, "]");
}

void append_named(fmt::memory_buffer& out, std::string_view name, uint32_t number) {
  append(out, name);
  append_number(out, number);
}

void append_sequence(fmt::memory_buffer& out, const Tcp& tcp, std::optional<uint32_t> payload_len) {
  const bool carries = payload_len.value_or(0) > 0;
  if (!carries && (tcp.flags & (kTcpSyn | kTcpFin | kTcpRst)) == 0) return;
  append_named(out, ", seq ", tcp.seq);
  if (!carries) return;
  out.push_back(':');
  append_number(out, static_cast<uint32_t>(tcp.seq + *payload_len));
}

void append_options(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (packet.tcp->header_len == kFixedLen) return;
  append(out, ", options [");
  append_tcp_options(out, from, packet);
  append(out, "]");
}

}  // namespace

void dissect_tcp(Cursor& cursor, Packet& packet) noexcept {
  if (!read_ports(cursor, packet.ports)) return stop(packet, Layer::tcp, cursor);
  Tcp tcp;
  uint16_t offset_flags = 0;
  if (!(cursor.read(tcp.seq) && cursor.read(tcp.ack) && cursor.read(offset_flags) && cursor.read(tcp.window) &&
        cursor.read(tcp.checksum) && cursor.read(tcp.urgent))) {
    return stop(packet, Layer::tcp, cursor);
  }
  tcp.flags = offset_flags & 0x1ff;
  tcp.header_len = static_cast<uint8_t>((offset_flags >> 12) * 4);
  packet.tcp = tcp;
  packet.payload_len.reset();
  if (tcp.header_len < kFixedLen) {
    return stop(packet, Layer::tcp, Problem::bad_header_length, tcp.header_len, kFixedLen);
  }
  if (const std::optional<uint32_t> ip_payload = packet.ip->payload_len) {
    if (tcp.header_len > *ip_payload) {
      return stop(packet, Layer::tcp, Problem::bad_header_length, tcp.header_len, *ip_payload);
    }
    packet.payload_len = *ip_payload - tcp.header_len;
  }
  Cursor options = cursor;
  options.narrow(tcp.header_len - kFixedLen);
  if (!cursor.skip(tcp.header_len - kFixedLen)) return stop(packet, Layer::tcp, cursor);
  check_options(packet, Layer::tcp, options);
  if (!packet.fault && !packet.made && packet.payload_len != 0u) dissect_in_tcp(cursor, packet);
}

void append_tcp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!packet.tcp) return;
  const Tcp& tcp = *packet.tcp;
  append_flags(out, tcp.flags);
  if (packet.fault.problem == Problem::bad_header_length) return;
  append_sequence(out, tcp, packet.payload_len);
  if (tcp.flags & kTcpAck) append_named(out, ", ack ", tcp.ack);
  if (!packet.made) append_named(out, ", win ", tcp.window);
  if (tcp.flags & kTcpUrg) append_named(out, ", urg ", tcp.urgent);
  append_options(out, from, packet);
  append_length(out, packet.payload_len);
  if (packet.message) packet.message.protocol()->append(out, from, packet);
}

}  // namespace skbtrail::packet
