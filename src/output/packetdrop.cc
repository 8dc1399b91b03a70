// Layout `packetdrop`: as the script net_package_drop.bt prints dropped packets, with bpftrace.
//
//   Tracing Packet drops. Hit Ctrl-C to end.
//   TIME     PID      COMM             IP_PROTO   REASON           SADDR:SPORT           DADDR:DPORT
//   20:40:18 4006     Chrome_DevTools  TCP        SKB_DROP_REASON_NO_SOCKET       127.0.0.1:45678        127.0.0.1:80
//
//           sk_skb_reason_drop+144
//           tcp_v4_rcv+145
//
// Addresses and ports are the packet's. What differs from the script, and why: docs/compatibility.md.
#include <iterator>
#include <string>

#include "output/text_layout.h"
#include "output/value_text.h"
#include "text/append.h"
#include "text/lines.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

struct ProtocolName {
  uint8_t number;
  std::string_view name;
};
constexpr ProtocolName kProtocols[] = {{1, "ICMP"},  {2, "IGMP"},    {4, "IP"},    {6, "TCP"},   {17, "UDP"},
                                       {41, "IPv6"}, {58, "ICMPv6"}, {89, "OSPF"}, {132, "SCTP"}};

std::string_view protocol_of(const packet::Packet* packet) {
  if (packet && packet->ip)
    for (const auto& protocol : kProtocols)
      if (protocol.number == packet->ip->protocol) return protocol.name;
  return "UNKNOWN";
}

// The script's names have the kernel's prefix; those of a subsystem have the subsystem's name.
std::string reason_of(const event::Event& event) {
  if (!event.drop->has_reason) return "UNKNOWN";
  const std::string name = text::printable(event.names->name(event::NameKind::drop_reason, event.drop->reason));
  const bool is_core = name.find_first_of(":-") == std::string::npos;
  return is_core ? "SKB_DROP_REASON_" + name : name;
}

std::string address_of(const packet::IpAddress& address) {
  return address.version ? packet::to_string(address) : "::";
}

class PacketdropLayout : public TextLayout {
 public:
  using TextLayout::TextLayout;

  void header(fmt::memory_buffer& out, bool terminal) override {
    (void)terminal;  // the script prints it wherever it prints to
    fmt::format_to(std::back_inserter(out), "Tracing Packet drops. Hit Ctrl-C to end.\n{}{:<21} {:<21}\n",
                   fmt::format("{:<8} {:<8} {:<16} {:<10} {:<16} ", "TIME", "PID", "COMM", "IP_PROTO", "REASON"),
                   "SADDR:SPORT", "DADDR:DPORT");
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    if (!event.is_freed_as_dropped()) return;
    time_.append(out, event.core->time_ns, event.names->time_of_day_ns(event.core->time_ns));
    out.push_back(' ');
    // Whatever is on the CPU, as the script has it.
    append_column(out, event, "cpu_pid", 8, "0");
    append_column(out, event, "cpu_comm", 16);
    const auto* packet = event.packet();
    auto to = std::back_inserter(out);
    fmt::format_to(to, "{:<10} {:<16} ", protocol_of(packet), reason_of(event));
    const bool has_ip = packet && packet->ip, has_ports = packet && packet->ports;
    fmt::format_to(to, "{:>15}:{:<6} ",
                   has_ip ? address_of(packet->ip->src) : "::", has_ports ? packet->ports->src : 0);
    fmt::format_to(to, "{:>15}:{:<6}\n",
                   has_ip ? address_of(packet->ip->dst) : "::", has_ports ? packet->ports->dst : 0);
    append_stack(out, event);
  }

 private:
  // And a blank.
  void append_column(fmt::memory_buffer& out, const event::Event& event, std::string_view field, size_t width,
                     std::string_view unknown = "-") {
    const size_t begin = out.size();
    append_field(out, event, field, scratch_, unknown);
    text::fill_columns(out, begin, width);
    out.push_back(' ');
  }

  // Offsets in decimal, as bpftrace has them.
  void append_stack(fmt::memory_buffer& out, const event::Event& event) {
    const auto value = event::find_field("stack")->of(event, scratch_);
    const auto* lines = std::get_if<std::string_view>(&value);
    out.push_back('\n');
    if (!lines) return;
    text::for_each_line(*lines, [&](std::string_view frame) {
      const size_t plus = frame.rfind("+0x");
      text::append(out, "        ");
      text::append_printable(out, frame.substr(0, plus));
      if (plus != std::string_view::npos)
        fmt::format_to(std::back_inserter(out), "+{}", std::stoull(std::string(frame.substr(plus + 1)), nullptr, 16));
      out.push_back('\n');
    });
    out.push_back('\n');
  }

  TimeFormat time_{TimeStyle::short_clock};
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_packetdrop_layout(const LayoutChoice& choice) {
  return std::make_unique<PacketdropLayout>(choice);
}

}  // namespace skbtrail::output
