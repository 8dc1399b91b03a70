// The layout of `as nettrace`: the lines of github.com/OpenCloudOS/nettrace, in its plain mode.
//
//   453516.922978: [napi_gro_receive        ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1
//   454861.534996: [ffff8887b6260800][2:eth1][pid:0,swapper/3][link-in     ][napi_gro_receive        ]: ICMP: ...
//    since boot, s  skb               device  task             tracer, 12    function, 24
//
// A function that returned has its line again, and below it the value:
//
//                   return value:ffff88858f242900
//
// What the original does not know (IPv6, other protocols) reads alike. A stack is a line a frame, indented by 8.
#include <iterator>

#include "output/gap_text.h"
#include "output/layout.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kFunctionWidth = 24;
constexpr size_t kTracerWidth = 12;
constexpr size_t kDeviceWidth = 4;
constexpr size_t kIcmpWidth = 15;
constexpr std::string_view kReturnIndent = "                ";

// From `begin` on at least `width` columns.
void pad(fmt::memory_buffer& out, size_t begin, size_t width) {
  for (size_t columns = text::columns_of({out.data() + begin, out.size() - begin}); columns < width; columns++)
    out.push_back(' ');
}

void append_endpoint(fmt::memory_buffer& out, const packet::IpAddress& address, bool v6, uint16_t port) {
  if (v6) out.push_back('[');
  packet::append_address(out, address);
  if (v6) out.push_back(']');
  out.push_back(':');
  text::append_number(out, port);
}

void append_addresses(fmt::memory_buffer& out, const packet::Packet& packet) {
  const packet::Ip& ip = *packet.ip;
  if (packet.ports) {
    append_endpoint(out, ip.src, ip.version == 6, packet.ports->src);
    text::append(out, " -> ");
    append_endpoint(out, ip.dst, ip.version == 6, packet.ports->dst);
  } else {
    packet::append_address(out, ip.src);
    text::append(out, " -> ");
    packet::append_address(out, ip.dst);
  }
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

void append_ip(fmt::memory_buffer& out, const packet::Packet& packet) {
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

void append_packet(fmt::memory_buffer& out, const event::Event& event) {
  const packet::Packet* packet = event.packet();
  if (packet && packet->ip) return append_ip(out, *packet);
  if (packet && packet->arp) return append_arp(out, *packet->arp);
  if (!packet) return text::append(out, "no packet");
  packet::append_summary(out, event.packet_bytes(), *packet);
}

class NettraceLayout : public Layout {
 public:
  explicit NettraceLayout(const LayoutChoice& choice)
      : tracer_of_(choice.tracer_of), detail_(choice.detail), color_(choice.color) {}

  void header(fmt::memory_buffer& out, bool terminal) override {
    if (terminal) text::append(out, "begin tracing......\n");
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
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

  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    append_gap(out, gap, names, color_);
  }

 private:
  static void append_name(fmt::memory_buffer& out, std::string_view name, size_t width) {
    out.push_back('[');
    const size_t begin = out.size();
    text::append_printable(out, name);
    pad(out, begin, width);
    out.push_back(']');
  }

  void append_detail(fmt::memory_buffer& out, const event::Event& event, std::string_view probe) const {
    auto to = std::back_inserter(out);
    fmt::format_to(to, "[{:x}][", event.core->skb);
    const size_t begin = out.size();
    if (event.device && event.device->ifindex) {
      fmt::format_to(to, "{}:", event.device->ifindex);
      append_text(out, event.device->name);
    }
    pad(out, begin, kDeviceWidth);
    text::append(out, "][pid:");
    if (event.task) {
      fmt::format_to(to, "{},", event.task->pid);
      append_text(out, event.task->comm);
    } else {
      out.push_back('?');
    }
    out.push_back(']');
    append_name(out, tracer_of_ ? tracer_of_(probe) : "", kTracerWidth);
  }

  template <size_t Size>
  static void append_text(fmt::memory_buffer& out, const char (&text)[Size]) {
    text::append_printable(out, {text, strnlen(text, Size)});
  }

  static void append_return(fmt::memory_buffer& out, const event::Event& event) {
    if (!event.result || !event.has(REC_FLAG_RETURN)) return;
    text::append(out, kReturnIndent);
    fmt::format_to(std::back_inserter(out), "return value:{:x}\n", static_cast<uint64_t>(int64_t{event.result->value}));
  }

  static void append_stack(fmt::memory_buffer& out, const event::Event& event) {
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

  std::function<std::string_view(std::string_view)> tracer_of_;
  bool detail_;
  bool color_;
};

}  // namespace

std::unique_ptr<Layout> make_nettrace_layout(const LayoutChoice& choice) {
  return std::make_unique<NettraceLayout>(choice);
}

}  // namespace skbtrail::output
