#include "output/nettrace_line.h"

#include <cstring>
#include <iterator>

#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kFunctionWidth = 24;
constexpr size_t kTracerWidth = 12;
constexpr size_t kDeviceWidth = 4;
constexpr size_t kIcmpWidth = 15;
constexpr size_t kTaskEnd = 49;  // in a block, from the skb on
constexpr std::string_view kReturnIndent = "                ";

// From `begin` on at least `width` columns.
void pad(fmt::memory_buffer& out, size_t begin, size_t width) {
  for (size_t columns = text::columns_of({out.data() + begin, out.size() - begin}); columns < width; columns++)
    out.push_back(' ');
}

void append_address(fmt::memory_buffer& out, const packet::Packet& packet, const packet::IpAddress& address,
                    uint16_t port) {
  const bool v6 = packet.ports && packet.ip->version == 6;
  if (v6) out.push_back('[');
  packet::append_address(out, address);
  if (v6) out.push_back(']');
  if (!packet.ports) return;
  out.push_back(':');
  text::append_number(out, port);
}

// "A,P": in the order of the original.
void append_flags(fmt::memory_buffer& out, uint16_t flags) {
  constexpr std::pair<uint16_t, char> kLetters[] = {{packet::kTcpAck, 'A'},
                                                    {packet::kTcpPush, 'P'},
                                                    {packet::kTcpSyn, 'S'},
                                                    {packet::kTcpFin, 'F'},
                                                    {packet::kTcpRst, 'R'}};
  bool first = true;
  for (const auto& [flag, letter] : kLetters) {
    if (!(flags & flag)) continue;
    if (!first) out.push_back(',');
    out.push_back(letter);
    first = false;
  }
}

void append_icmp(fmt::memory_buffer& out, const packet::Icmp& icmp) {
  const size_t begin = out.size();
  if (icmp.is_echo()) {
    text::append(out, icmp.type == (icmp.v6 ? 128 : 8) ? "ping request" : "ping reply");
  } else {
    fmt::format_to(std::back_inserter(out), "type: {}, code: {}", icmp.type, icmp.code);
  }
  pad(out, begin, kIcmpWidth);
  if (icmp.is_echo()) fmt::format_to(std::back_inserter(out), ", seq: {}", icmp.seq());
}

void append_arp(fmt::memory_buffer& out, const packet::Arp& arp) {
  text::append(out, "ARP: ");
  if (arp.addresses) {
    packet::append_address(out, arp.addresses->sender_ip);
    text::append(out, " -> ");
    packet::append_address(out, arp.addresses->target_ip);
    text::append(out, ", ");
  }
  switch (arp.operation) {
    case 1: return text::append(out, "request");
    case 2: return text::append(out, "reply");
    case 3: return text::append(out, "rarp request");
    case 4: return text::append(out, "rarp reply");
    default: fmt::format_to(std::back_inserter(out), "operation {}", arp.operation);
  }
}

void append_name(fmt::memory_buffer& out, std::string_view name, size_t width) {
  out.push_back('[');
  const size_t begin = out.size();
  text::append_printable(out, name);
  pad(out, begin, width);
  out.push_back(']');
}

template <size_t Size>
void append_text(fmt::memory_buffer& out, const char (&text)[Size]) {
  text::append_printable(out, {text, strnlen(text, Size)});
}

void append_return(fmt::memory_buffer& out, const event::Event& event) {
  if (!event.result || !event.has(REC_FLAG_RETURN)) return;
  text::append(out, kReturnIndent);
  fmt::format_to(std::back_inserter(out), "return value:{:x}\n", static_cast<uint64_t>(int64_t{event.result->value}));
}

void append_stack(fmt::memory_buffer& out, const event::Event& event) {
  for (const uint64_t frame : event.call_path().frames) {
    const std::string_view symbol = event.names->name(event::NameKind::symbol, frame);
    text::append(out, "        ");
    if (symbol.empty())
      text::append_hex(out, frame);
    else
      text::append_printable(out, symbol);
    out.push_back('\n');
  }
}

}  // namespace

void NettraceLine::append(fmt::memory_buffer& out, const event::Event& event) const {
  const uint64_t time_us = event.core->time_ns / 1000;
  text::append_number(out, time_us / 1'000'000);
  out.push_back('.');
  text::append_padded(out, time_us % 1'000'000, 6);
  text::append(out, ": ");
  const std::string_view probe = event.names->probe(event.core->probe);
  if (detail_) append_detail(out, event, probe);
  append_name(out, probe, kFunctionWidth);
  text::append(out, ": ");
  append_packet(out, event);
  out.push_back('\n');
  append_return(out, event);
  append_stack(out, event);
}

void NettraceLine::append_detail(fmt::memory_buffer& out, const event::Event& event, std::string_view probe) const {
  auto to = std::back_inserter(out);
  const size_t begin = out.size();
  fmt::format_to(to, "[{:x}][", event.core->skb);
  const size_t device = out.size();
  if (event.device && event.device->ifindex) {
    fmt::format_to(to, "{}:", event.device->ifindex);
    append_text(out, event.device->name);
  }
  pad(out, device, kDeviceWidth);
  text::append(out, "][pid:");
  if (event.task) {
    fmt::format_to(to, "{},", event.task->pid);
    append_text(out, event.task->comm);
  } else {
    out.push_back('?');
  }
  if (in_block_) pad(out, begin, kTaskEnd);
  out.push_back(']');
  append_name(out, tracer_of_ ? tracer_of_(probe) : "", kTracerWidth);
}

void NettraceLine::append_packet(fmt::memory_buffer& out, const event::Event& event) const {
  const packet::Packet* packet = event.packet();
  if (packet && packet->ip) return append_ip(out, *packet);
  if (packet && packet->arp) return append_arp(out, *packet->arp);
  if (!packet) return text::append(out, "no packet");
  packet::append_summary(out, event.packet_bytes(), *packet);
}

void NettraceLine::append_ip(fmt::memory_buffer& out, const packet::Packet& packet) const {
  const char* name = packet.tcp                ? "TCP: "
                     : packet.udp              ? "UDP: "
                     : packet.icmp             ? (packet.icmp->v6 ? "ICMP6: " : "ICMP: ")
                     : packet.ip->version == 6 ? "IPV6: "
                                               : "IP: ";
  text::append(out, name);
  append_addresses(out, packet);
  if (packet.tcp) {
    fmt::format_to(std::back_inserter(out), ", seq: {}, ", packet.tcp->seq);
    append_flags(out, packet.tcp->flags);
  } else if (packet.icmp) {
    text::append(out, ", ");
    append_icmp(out, *packet.icmp);
  }
}

void NettraceLine::append_addresses(fmt::memory_buffer& out, const packet::Packet& packet) const {
  append_mark(out);
  append_address(out, packet, packet.ip->src, packet.ports ? packet.ports->src : 0);
  append_mark(out);
  text::append(out, " -> ");
  append_address(out, packet, packet.ip->dst, packet.ports ? packet.ports->dst : 0);
}

}  // namespace skbtrail::output
