// The layout of `as tracepkt`: one line for each ICMP or ICMPv6 echo at a device, as the original prints them.
//
//   [  4026531957]          docker0 request #17146.001 172.17.0.1 -> 172.17.0.2
//    netns, 12           device, 16 type, 7  id.sequence
//
// An event that is no echo has no line.
#include <iterator>

#include "output/gap_text.h"
#include "output/layout.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kDeviceWidth = 16;

// The types of RFC 792 and RFC 4443; empty where it is no echo.
std::string_view direction(const packet::Icmp& icmp) {
  if (!icmp.is_echo()) return "";
  return icmp.type == (icmp.v6 ? 128 : 8) ? "request" : "reply";
}

class TracepktLayout : public Layout {
 public:
  explicit TracepktLayout(const LayoutChoice& choice) : color_(choice.color) {}

  void header(fmt::memory_buffer& out) override {
    fmt::format_to(std::back_inserter(out), "{:>14} {:>16} {:>7} {:<10} {}\n", "NETWORK NS", "INTERFACE", "TYPE",
                   "#ID.SEQ", "ADDRESSES");
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    const packet::Packet* packet = event.packet();
    if (!packet || !packet->ip || !packet->icmp) return;
    const std::string_view type = direction(*packet->icmp);
    if (type.empty()) return;
    auto to = std::back_inserter(out);
    if (event.device && event.device->netns)
      fmt::format_to(to, "[{:>12}] ", event.device->netns);
    else
      fmt::format_to(to, "[{:>12}] ", '-');
    append_device(out, event.device);
    fmt::format_to(to, " {:>7} #{:05}.{:03} ", type, packet->icmp->id(), packet->icmp->seq());
    packet::append_address(out, packet->ip->src);
    out.append(std::string_view(" -> "));
    packet::append_address(out, packet->ip->dst);
    out.push_back('\n');
  }

  void gap(fmt::memory_buffer& out, const stream::Gap& gap, const event::Names& names) override {
    append_gap(out, gap, names, color_);
  }

 private:
  static void append_device(fmt::memory_buffer& out, const rec_device* device) {
    const std::string_view name =
        device ? std::string_view(device->name, strnlen(device->name, sizeof(device->name))) : std::string_view("-");
    const std::string shown = text::printable(name);
    for (size_t i = text::columns_of(shown); i < kDeviceWidth; i++) out.push_back(' ');
    text::append(out, shown);
  }

  bool color_;
};

}  // namespace

std::unique_ptr<Layout> make_tracepkt_layout(const LayoutChoice& choice) {
  return std::make_unique<TracepktLayout>(choice);
}

}  // namespace skbtrail::output
