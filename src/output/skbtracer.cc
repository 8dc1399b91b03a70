// The layout of `as skbtracer`: the table of github.com/DavadDi/skbtracer, column for column.
//
//   TIME       SKB                  NETWORK_NS   PID      CPU    INTERFACE          DEST_MAC           IP_LEN PKT_INFO
//   ... [05:32:58] [0xffff8ab8cf0a5800] [4026531992] 0        3      enp0s3             08:00:27:99:a7:c5  40 T_PSH:
//   ...
//
// and after it, in TRACE_INFO, "pkt_type=HOST func=napi_gro_receive". With --timestamp the time since boot is
// after TIME, or instead of it. A stack is a line a frame, below its event; at the end is how many there were.
#include <algorithm>
#include <cctype>
#include <iterator>

#include "output/layout.h"
#include "output/value_text.h"
#include "text/append.h"
#include "text/flag_names.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr text::FlagName kTcpFlags[] = {{packet::kTcpCwr, "CWR"}, {packet::kTcpEce, "ECE"},  {packet::kTcpUrg, "URG"},
                                        {packet::kTcpAck, "ACK"}, {packet::kTcpPush, "PSH"}, {packet::kTcpRst, "RST"},
                                        {packet::kTcpSyn, "SYN"}, {packet::kTcpFin, "FIN"}};

// "T_ACK,PSH:10.0.2.10:443->10.0.2.15:56602", "U:...", "I_request:10.0.2.10->10.0.2.15".
void append_packet(fmt::memory_buffer& out, const event::Event& event) {
  const packet::Packet* packet = event.packet();
  if (!packet) return text::append(out, "-");
  if (!packet->ip) return packet::append_summary(out, event.packet_bytes(), *packet);
  if (packet->tcp) {
    text::append(out, "T_");
    text::append_flag_names(out, packet->tcp->flags, kTcpFlags);
    out.push_back(':');
  } else if (packet->icmp && packet->icmp->is_echo()) {
    text::append(out, packet->icmp->is_echo_request() ? "I_request:" : "I_reply:");
  } else if (packet->udp || packet->icmp) {
    text::append(out, packet->udp ? "U:" : "I:");
  }
  packet::append_endpoint(out, packet->ip->src, packet->src_port());
  text::append(out, "->");
  packet::append_endpoint(out, packet->ip->dst, packet->dst_port());
}

void append_skb(fmt::memory_buffer& out, const event::Event& event) {
  fmt::format_to(std::back_inserter(out), "[{:#018x}]", event.core->skb);
}

void append_timestamp(fmt::memory_buffer& out, const event::Event& event) {
  const uint64_t us = event.core->time_ns / 1000;
  fmt::format_to(std::back_inserter(out), "[{}.{:06}]", us / 1'000'000, us % 1'000'000);
}

void append_netns(fmt::memory_buffer& out, const event::Event& event) {
  const bool is_known = event.device && event.device->netns;
  text::append(out, is_known ? fmt::format("[{}]", event.device->netns) : "-");
}

void append_length(fmt::memory_buffer& out, const event::Event& event) {
  const packet::Packet* packet = event.packet();
  const bool is_known = packet && packet->ip && packet->ip->total_len;
  text::append(out, is_known ? std::to_string(*packet->ip->total_len) : "-");
}

struct Column {
  std::string_view name;
  size_t width;
  std::string_view field, unknown = "-";
  void (*append)(fmt::memory_buffer& out, const event::Event& event) = nullptr;  // instead of a field
};
constexpr std::string_view kTime = "TIME", kTimestamp = "TIMESTAMP";
constexpr Column kColumns[] = {
    {kTime, 10, ""},
    {kTimestamp, 20, "", "", append_timestamp},
    {"SKB", 20, "", "", append_skb},
    {"NETWORK_NS", 12, "", "", append_netns},
    {"PID", 8, "cpu_pid"},
    {"CPU", 6, "cpu"},
    {"INTERFACE", 18, "ifname"},
    {"DEST_MAC", 18, "eth_dst", "00:00:00:00:00:00"},
    {"IP_LEN", 6, "", "", append_length},
    {"PKT_INFO", 54, "", "", append_packet},
};

class SkbtracerLayout : public Layout {
 public:
  explicit SkbtracerLayout(const LayoutChoice& choice) : columns_(std::begin(kColumns), std::end(kColumns)) {
    std::erase_if(columns_, [&](const Column& column) {
      return (column.name == kTime && choice.time != TimeStyle::clock) || (column.name == kTimestamp && !choice.detail);
    });
  }

  void header(fmt::memory_buffer& out, bool) override {
    for (const auto& column : columns_) fmt::format_to(std::back_inserter(out), "{:{}} ", column.name, column.width);
    text::append(out, "TRACE_INFO\n");
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    printed_++;
    for (const auto& column : columns_) {
      const size_t begin = out.size();
      if (column.name == kTime) {
        out.push_back('[');
        clock_.append(out, event.core->time_ns, event.names->time_of_day_ns(event.core->time_ns));
        out.push_back(']');
      } else if (column.append) {
        column.append(out, event);
      } else {
        append_field(out, event, column.field, scratch_, column.unknown);
      }
      text::fill_columns(out, begin, column.width);
      out.push_back(' ');
    }
    append_trace(out, event);
    out.push_back('\n');
    if (event.stack) append_lines(out, event::find_field("stack")->of(event, scratch_), "    ");
  }

  void gap(fmt::memory_buffer&, const event::Gap& gap, const event::Names&) override { lost_ += gap.all(); }

  void end(fmt::memory_buffer& out) override {
    fmt::format_to(std::back_inserter(out),
                   "Printed {} events, exiting...\n\n{} event(s) received\n"
                   "{} event(s) lost (e.g. small buffer, delays in processing)\n",
                   printed_, printed_, lost_);
  }

 private:
  // "pkt_type=HOST func=kfree_skb", with why it was dropped, or the verdict of a hook.
  void append_trace(fmt::memory_buffer& out, const event::Event& event) {
    text::append(out, "pkt_type=");
    const size_t begin = out.size();
    append_field(out, event, "pkt_type", scratch_);
    std::transform(out.data() + begin, out.data() + out.size(), out.data() + begin,
                   [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
    text::append(out, " func=");
    text::append_printable(out, event.names->probe(event.core->probe));
    if (event.has(REC_FLAG_RETURN)) append_decision(out, event);
    if (!event.drop || !event.drop->has_reason) return;
    text::append(out, " reason=");
    append_field(out, event, "drop_reason", scratch_);
  }

  // " iptables=[pf=PF_INET table=filter hook=FORWARD verdict=DROP]"
  void append_decision(fmt::memory_buffer& out, const event::Event& event) {
    const packet::Packet* packet = event.packet();
    const char* family = !packet || !packet->ip ? "-" : packet->ip->version == 6 ? "PF_INET6" : "PF_INET";
    fmt::format_to(std::back_inserter(out), " iptables=[pf={} table=", family);
    append_field(out, event, "table", scratch_);
    text::append(out, " hook=");
    append_field(out, event, "hook", scratch_);
    text::append(out, " verdict=");
    append_field(out, event, "verdict", scratch_);
    out.push_back(']');
  }

  TimeFormat clock_{TimeStyle::short_clock};
  std::vector<Column> columns_;
  event::Scratch scratch_;
  uint64_t printed_ = 0, lost_ = 0;
};

}  // namespace

std::unique_ptr<Layout> make_skbtracer_layout(const LayoutChoice& choice) {
  return std::make_unique<SkbtracerLayout>(choice);
}

}  // namespace skbtrail::output
