#include "output/nettrace.h"

#include <iterator>

#include "output/value_text.h"
#include "text/append.h"
#include "text/fixed_text.h"
#include "text/flag_names.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kFunctionWidth = 24;
constexpr size_t kTracerWidth = 12;
constexpr size_t kDeviceWidth = 4;
constexpr size_t kIcmpWidth = 15;
constexpr size_t kTaskEnd = 49;  // in a block, from the skb on
constexpr std::string_view kReturnIndent = "                ";

// In the order of the original, which has no others.
constexpr text::FlagName kTcpFlags[] = {{packet::kTcpAck, "A"},
                                        {packet::kTcpPush, "P"},
                                        {packet::kTcpSyn, "S"},
                                        {packet::kTcpFin, "F"},
                                        {packet::kTcpRst, "R"}};

void append_icmp(fmt::memory_buffer& out, const packet::Icmp& icmp) {
  const size_t begin = out.size();
  if (icmp.is_echo()) {
    text::append(out, icmp.is_echo_request() ? "ping request" : "ping reply");
  } else {
    fmt::format_to(std::back_inserter(out), "type: {}, code: {}", icmp.type, icmp.code);
  }
  text::fill_columns(out, begin, kIcmpWidth);
  if (icmp.is_echo()) fmt::format_to(std::back_inserter(out), ", seq: {}", icmp.seq());
}

void append_arp(fmt::memory_buffer& out, const packet::Arp& arp) {
  text::append(out, "ARP: ");
  if (arp.addresses) {
    fmt::format_to(std::back_inserter(out), "{} -> {}, ", packet::to_string(arp.addresses->sender_ip),
                   packet::to_string(arp.addresses->target_ip));
  }
  switch (arp.operation) {
    case 1: return text::append(out, "request");
    case 2: return text::append(out, "reply");
    case 3: return text::append(out, "rarp request");
    case 4: return text::append(out, "rarp reply");
    default: fmt::format_to(std::back_inserter(out), "operation {}", arp.operation);
  }
}

// With `mark` on both sides of the source address.
void append_ip(fmt::memory_buffer& out, const packet::Packet& packet, std::string_view mark) {
  const char* name = packet.tcp                ? "TCP: "
                     : packet.udp              ? "UDP: "
                     : packet.icmp             ? (packet.icmp->v6 ? "ICMP6: " : "ICMP: ")
                     : packet.ip->version == 6 ? "IPV6: "
                                               : "IP: ";
  text::append(out, name);
  text::append(out, mark);
  packet::append_endpoint(out, packet.ip->src, packet.src_port());
  text::append(out, mark);
  text::append(out, " -> ");
  packet::append_endpoint(out, packet.ip->dst, packet.dst_port());
  if (packet.tcp) {
    fmt::format_to(std::back_inserter(out), ", seq: {}, ", packet.tcp->seq);
    text::append_flag_names(out, packet.tcp->flags, kTcpFlags);
  } else if (packet.icmp) {
    text::append(out, ", ");
    append_icmp(out, *packet.icmp);
  }
}

void append_packet(fmt::memory_buffer& out, const event::Event& event, std::string_view mark) {
  const packet::Packet* packet = event.packet();
  if (packet && packet->ip) return append_ip(out, *packet, mark);
  if (packet && packet->arp) return append_arp(out, *packet->arp);
  if (!packet) return text::append(out, "no packet");
  packet::append_summary(out, event.packet_bytes(), *packet);
}

void append_name(fmt::memory_buffer& out, std::string_view name, size_t width) {
  out.push_back('[');
  const size_t begin = out.size();
  text::append_printable(out, name);
  text::fill_columns(out, begin, width);
  out.push_back(']');
}

void append_return(fmt::memory_buffer& out, const event::Event& event) {
  if (!event.result || !event.has(REC_FLAG_RETURN)) return;
  text::append(out, kReturnIndent);
  fmt::format_to(std::back_inserter(out), "return value:{:x}\n", static_cast<uint64_t>(int64_t{event.result->value}));
}

}  // namespace

void NettraceLayout::header(fmt::memory_buffer& out, bool terminal) {
  if (terminal) text::append(out, "begin tracing......\n");
}

void NettraceLayout::event(fmt::memory_buffer& out, const event::Event& event) {
  const uint64_t time_us = event.core->time_ns / 1000;
  text::append_number(out, time_us / 1'000'000);
  out.push_back('.');
  text::append_padded(out, time_us % 1'000'000, 6);
  text::append(out, ": ");
  const std::string_view probe = event.names->probe(event.core->probe);
  if (detail_) append_detail(out, event, probe);
  append_name(out, probe, kFunctionWidth);
  text::append(out, ": ");
  append_packet(out, event, in_block_ ? std::string_view(&kMark, 1) : "");
  out.push_back('\n');
  append_return(out, event);
  if (!event.stack) return;
  event::Scratch scratch;
  append_lines(out, event::find_field("stack")->of(event, scratch), "        ");
}

void NettraceLayout::append_detail(fmt::memory_buffer& out, const event::Event& event, std::string_view probe) const {
  auto to = std::back_inserter(out);
  const size_t begin = out.size();
  fmt::format_to(to, "[{:x}][", event.core->skb);
  const size_t device = out.size();
  if (event.device && event.device->ifindex) {
    fmt::format_to(to, "{}:", event.device->ifindex);
    text::append_printable(out, text::fixed_text(event.device->name));
  }
  text::fill_columns(out, device, kDeviceWidth);
  text::append(out, "][pid:");
  if (event.task) {
    fmt::format_to(to, "{},", event.task->pid);
    text::append_printable(out, text::fixed_text(event.task->comm));
  } else {
    out.push_back('?');
  }
  if (in_block_) text::fill_columns(out, begin, kTaskEnd);
  out.push_back(']');
  append_name(out, tracer_of_ ? tracer_of_(probe) : "", kTracerWidth);
}

std::unique_ptr<Layout> make_nettrace_layout(const LayoutChoice& choice) {
  return std::make_unique<NettraceLayout>(choice);
}

}  // namespace skbtrail::output
