// The layout of `as skbtracer`: the table of github.com/DavadDi/skbtracer, column for column.
//
//   TIME       SKB                  NETWORK_NS   PID      CPU    INTERFACE          DEST_MAC           IP_LEN PKT_INFO
//   ... [05:32:58] [0xffff8ab8cf0a5800] [4026531992] 0        3      enp0s3             08:00:27:99:a7:c5  40 T_PSH:
//   ...
//
// and after it, in TRACE_INFO, "pkt_type=HOST func=napi_gro_receive". With --timestamp the time since boot is
// after TIME, or in its place. A stack is a line a frame, below its event; at the end is how many there were.
#include <algorithm>
#include <cctype>
#include <iterator>

#include "output/layout.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kPacketWidth = 54;

void append_endpoint(fmt::memory_buffer& out, const packet::Packet& packet, const packet::IpAddress& address,
                     uint16_t packet::Ports::*port) {
  const bool v6 = packet.ports && packet.ip->version == 6;
  if (v6) out.push_back('[');
  packet::append_address(out, address);
  if (v6) out.push_back(']');
  if (packet.ports) fmt::format_to(std::back_inserter(out), ":{}", (*packet.ports).*port);
}

void append_flags(fmt::memory_buffer& out, uint16_t flags) {
  constexpr std::pair<uint16_t, std::string_view> kNames[] = {
      {packet::kTcpCwr, "CWR"},  {packet::kTcpEce, "ECE"}, {packet::kTcpUrg, "URG"}, {packet::kTcpAck, "ACK"},
      {packet::kTcpPush, "PSH"}, {packet::kTcpRst, "RST"}, {packet::kTcpSyn, "SYN"}, {packet::kTcpFin, "FIN"}};
  bool is_first = true;
  for (const auto& [flag, name] : kNames) {
    if (!(flags & flag)) continue;
    if (!std::exchange(is_first, false)) out.push_back(',');
    text::append(out, name);
  }
}

// "T_ACK,PSH:10.0.2.10:443->10.0.2.15:56602", "U:...", "I_request:10.0.2.10->10.0.2.15".
void append_packet(fmt::memory_buffer& out, const event::Event& event) {
  const packet::Packet* packet = event.packet();
  if (!packet) return text::append(out, "-");
  if (!packet->ip) return packet::append_summary(out, event.packet_bytes(), *packet);
  if (packet->tcp) {
    text::append(out, "T_");
    append_flags(out, packet->tcp->flags);
    out.push_back(':');
  } else if (packet->icmp && packet->icmp->is_echo()) {
    text::append(out, packet->icmp->type == (packet->icmp->v6 ? 128 : 8) ? "I_request:" : "I_reply:");
  } else if (packet->udp || packet->icmp) {
    text::append(out, packet->udp ? "U:" : "I:");
  }
  append_endpoint(out, *packet, packet->ip->src, &packet::Ports::src);
  text::append(out, "->");
  append_endpoint(out, *packet, packet->ip->dst, &packet::Ports::dst);
}

class SkbtracerLayout : public Layout {
 public:
  explicit SkbtracerLayout(const LayoutChoice& choice)
      : shows_time_(choice.time == TimeStyle::clock), shows_timestamp_(choice.detail) {}

  void header(fmt::memory_buffer& out, bool) override {
    if (shows_time_) text::append(out, "TIME       ");
    if (shows_timestamp_) text::append(out, "TIMESTAMP            ");
    text::append(out,
                 "SKB                  NETWORK_NS   PID      CPU    INTERFACE          DEST_MAC           IP_LEN ");
    fmt::format_to(std::back_inserter(out), "{:{}} TRACE_INFO\n", "PKT_INFO", kPacketWidth);
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    printed_++;
    append_times(out, event);
    const auto to = std::back_inserter(out);
    fmt::format_to(to, "[{:#018x}] ", event.core->skb);
    column(out, 12, [&] {
      event.device&& event.device->netns ? void(fmt::format_to(to, "[{}]", event.device->netns))
                                         : text::append(out, "-");
    });
    field(out, 8, event, "cpu_pid", "-");
    field(out, 6, event, "cpu", "-");
    field(out, 18, event, "ifname", "-");
    field(out, 18, event, "eth_dst", "00:00:00:00:00:00");
    column(out, 6, [&] {
      const packet::Packet* packet = event.packet();
      packet && packet->ip && packet->ip->total_len ? text::append_number(out, *packet->ip->total_len)
                                                    : text::append(out, "-");
    });
    column(out, kPacketWidth, [&] { append_packet(out, event); });
    append_trace(out, event);
    out.push_back('\n');
    for (const uint64_t frame : event.call_path().frames) {
      const std::string_view symbol = event.names->name(event::NameKind::symbol, frame);
      text::append(out, "    ");
      symbol.empty() ? text::append_hex(out, frame) : void(text::append_printable(out, symbol));
      out.push_back('\n');
    }
  }

  void gap(fmt::memory_buffer&, const event::Gap& gap, const event::Names&) override { lost_ += gap.all(); }

  void end(fmt::memory_buffer& out) override {
    fmt::format_to(std::back_inserter(out),
                   "Printed {} events, exiting...\n\n{} event(s) received\n"
                   "{} event(s) lost (e.g. small buffer, delays in processing)\n",
                   printed_, printed_, lost_);
  }

 private:
  template <typename Append>
  static void column(fmt::memory_buffer& out, size_t width, Append append) {
    const size_t begin = out.size();
    append();
    size_t columns = text::columns_of({out.data() + begin, out.size() - begin});
    for (; columns < width; columns++) out.push_back(' ');
    out.push_back(' ');
  }

  void field(fmt::memory_buffer& out, size_t width, const event::Event& event, std::string_view name,
             std::string_view unknown) {
    column(out, width, [&] { append_field(out, event, name, unknown); });
  }
  void append_field(fmt::memory_buffer& out, const event::Event& event, std::string_view name,
                    std::string_view unknown) {
    const auto value = event::find_field(name)->of(event, scratch_);
    if (const auto* number = std::get_if<uint64_t>(&value))
      text::append_number(out, *number);
    else if (const auto* text = std::get_if<std::string_view>(&value))
      text::append_printable(out, *text);
    else
      text::append(out, unknown);
  }

  void append_times(fmt::memory_buffer& out, const event::Event& event) {
    const uint64_t time_ns = event.core->time_ns;
    if (shows_time_) {
      fmt::memory_buffer clock;
      clock_.append(clock, time_ns, event.names->time_of_day_ns(time_ns));
      fmt::format_to(std::back_inserter(out), "[{}] ", std::string_view(clock.data(), std::min(clock.size(), kClock)));
    }
    if (!shows_timestamp_) return;
    const auto text = fmt::format("[{}.{:06}]", time_ns / 1'000'000'000, time_ns / 1000 % 1'000'000);
    fmt::format_to(std::back_inserter(out), "{:20} ", text);
  }

  // "pkt_type=HOST func=kfree_skb", with why it was dropped, or the verdict of a hook.
  void append_trace(fmt::memory_buffer& out, const event::Event& event) {
    text::append(out, "pkt_type=");
    const size_t begin = out.size();
    append_field(out, event, "pkt_type", "-");
    std::transform(out.data() + begin, out.data() + out.size(), out.data() + begin,
                   [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
    text::append(out, " func=");
    text::append_printable(out, event.names->probe(event.core->probe));
    if (event.has(REC_FLAG_RETURN)) append_decision(out, event);
    if (!event.drop || !event.drop->has_reason) return;
    text::append(out, " reason=");
    append_field(out, event, "drop_reason", "-");
  }

  // " iptables=[pf=PF_INET table=filter hook=FORWARD verdict=DROP]"
  void append_decision(fmt::memory_buffer& out, const event::Event& event) {
    const packet::Packet* packet = event.packet();
    const char* family = !packet || !packet->ip ? "-" : packet->ip->version == 6 ? "PF_INET6" : "PF_INET";
    fmt::format_to(std::back_inserter(out), " iptables=[pf={} table=", family);
    append_field(out, event, "table", "-");
    text::append(out, " hook=");
    append_field(out, event, "hook", "-");
    text::append(out, " verdict=");
    append_field(out, event, "verdict", "-");
    out.push_back(']');
  }

  static constexpr size_t kClock = 8;  // "05:32:58"

  TimeFormat clock_{TimeStyle::clock};
  bool shows_time_, shows_timestamp_;
  event::Scratch scratch_;
  uint64_t printed_ = 0, lost_ = 0;
};

}  // namespace

std::unique_ptr<Layout> make_skbtracer_layout(const LayoutChoice& choice) {
  return std::make_unique<SkbtracerLayout>(choice);
}

}  // namespace skbtrail::output
