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
#include <cstring>
#include <iterator>
#include <string>

#include "output/gap_text.h"
#include "output/layout.h"
#include "text/append.h"
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
  if (!address.version) return "::";
  fmt::memory_buffer text;
  packet::append_address(text, address);
  return fmt::to_string(text);
}

class PacketdropLayout : public Layout {
 public:
  explicit PacketdropLayout(const LayoutChoice& choice) : color_(choice.color) {}

  void header(fmt::memory_buffer& out, bool terminal) override {
    (void)terminal;  // the script prints it wherever it prints to
    fmt::format_to(std::back_inserter(out), "Tracing Packet drops. Hit Ctrl-C to end.\n{}{:<21} {:<21}\n",
                   fmt::format("{:<8} {:<8} {:<16} {:<10} {:<16} ", "TIME", "PID", "COMM", "IP_PROTO", "REASON"),
                   "SADDR:SPORT", "DADDR:DPORT");
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    if (!event.is_freed_as_dropped()) return;
    append_time(out, event);
    append_task(out, event);
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

  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    append_gap(out, gap, names, color_);
  }

 private:
  // "20:40:18 ".
  void append_time(fmt::memory_buffer& out, const event::Event& event) {
    constexpr size_t kSeconds = 8;
    const size_t begin = out.size();
    time_.append(out, event.core->time_ns, event.names->time_of_day_ns(event.core->time_ns));
    out.resize(begin + kSeconds);
    out.push_back(' ');
  }

  // Whatever is on the CPU, as the script has it.
  static void append_task(fmt::memory_buffer& out, const event::Event& event) {
    constexpr size_t kCommWidth = 16;
    const std::string comm =
        event.task ? text::printable({event.task->comm, strnlen(event.task->comm, sizeof(event.task->comm))}) : "-";
    fmt::format_to(std::back_inserter(out), "{:<8} {}{:{}} ", event.task ? event.task->pid : 0, comm, "",
                   kCommWidth - std::min(kCommWidth, text::columns_of(comm)));
  }

  // Offsets in decimal, as bpftrace has them.
  void append_stack(fmt::memory_buffer& out, const event::Event& event) {
    const auto value = event::find_field("stack")->of(event, scratch_);
    const auto* lines = std::get_if<std::string_view>(&value);
    out.push_back('\n');
    for (size_t begin = 0; lines && begin < lines->size();) {
      const size_t end = std::min(lines->find('\n', begin), lines->size());
      const auto frame = lines->substr(begin, end - begin);
      const size_t plus = frame.rfind("+0x");
      text::append(out, "        ");
      text::append_printable(out, frame.substr(0, plus));
      if (plus != std::string_view::npos)
        fmt::format_to(std::back_inserter(out), "+{}", std::stoull(std::string(frame.substr(plus + 1)), nullptr, 16));
      out.push_back('\n');
      begin = end + 1;
    }
    if (lines) out.push_back('\n');
  }

  TimeFormat time_{TimeStyle::clock};
  bool color_;
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_packetdrop_layout(const LayoutChoice& choice) {
  return std::make_unique<PacketdropLayout>(choice);
}

}  // namespace skbtrail::output
