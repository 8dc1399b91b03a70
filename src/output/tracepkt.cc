// The layout of `as tracepkt`: one line for each ICMP or ICMPv6 echo at a device, as the original prints them.
//
//   [  4026531957]          docker0 request #17146.001 172.17.0.1 -> 172.17.0.2
//    netns, 12           device, 16 type, 7  id.sequence
//
// And what the original does not tell, of an echo that comes to nothing: that nobody answered who was asked for his
// link-layer address, and where it was dropped and why.
//
//   [  4026531957]            veth0     arp            who has 10.77.0.9, tell 10.77.0.1
//   [  4026531957]            veth0 dropped #17146.001 10.77.0.1 -> 10.77.0.9, NEIGH_FAILED at arp_error_report+0x1c
//
// Questions for an address are kept until it is clear that they matter: an echo that is sent has its answer. Those that
// others asked are nobody's matter. Any other event has no line.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

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

// For a link-layer address, by ARP or neighbor discovery, or its answer.
struct Question {
  bool v6 = false, is_answer = false;
  packet::IpAddress address, asker;
  std::optional<packet::MacAddress> mac;
};

std::optional<Question> question_of(const packet::Packet& packet) {
  constexpr uint8_t kSolicitation = 135, kAdvertisement = 136;
  if (packet.arp && packet.arp->addresses) {
    const packet::ArpAddresses& has = *packet.arp->addresses;
    if (packet.arp->operation == 1) return Question{false, false, has.target_ip, has.sender_ip, {}};
    if (packet.arp->operation == 2) return Question{false, true, has.sender_ip, has.target_ip, has.sender_mac};
  }
  if (!packet.ip || !packet.icmp || !packet.icmp->v6 || !packet.icmp->target) return std::nullopt;
  if (packet.icmp->type == kSolicitation) return Question{true, false, *packet.icmp->target, packet.ip->src, {}};
  if (packet.icmp->type == kAdvertisement)
    return Question{true, true, *packet.icmp->target, packet.ip->dst, packet.icmp->lladdr};
  return std::nullopt;
}

class TracepktLayout : public Layout {
 public:
  explicit TracepktLayout(const LayoutChoice& choice) : color_(choice.color) {}

  void header(fmt::memory_buffer& out, bool terminal) override {
    if (!terminal) return;
    fmt::format_to(std::back_inserter(out), "{:>14} {:>16} {:>7} {:<10} {}\n", "NETWORK NS", "INTERFACE", "TYPE",
                   "#ID.SEQ", "ADDRESSES");
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    const packet::Packet* packet = event.packet();
    if (!packet) return;
    if (const auto asked = question_of(*packet)) return keep(event, *asked);
    if (!packet->ip || !packet->icmp || direction(*packet->icmp).empty()) return;
    if (event.drop) {
      if (event.is_drop()) append_drop(out, event, *packet);
      return;
    }
    questions_.clear();
    append_echo(out, event, *packet, direction(*packet->icmp));
    out.push_back('\n');
  }

  void end(fmt::memory_buffer& out) override { append_questions(out); }

  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    append_gap(out, gap, names, color_);
  }

 private:
  static constexpr size_t kMostQuestions = 64, kMostAsked = 64;

  static void append_place(fmt::memory_buffer& out, const event::Event& event, std::string_view type) {
    auto to = std::back_inserter(out);
    if (event.device && event.device->netns)
      fmt::format_to(to, "[{:>12}] ", event.device->netns);
    else
      fmt::format_to(to, "[{:>12}] ", '-');
    append_device(out, event.device);
    fmt::format_to(to, " {:>7} ", type);
  }

  static void append_echo(fmt::memory_buffer& out, const event::Event& event, const packet::Packet& packet,
                          std::string_view type) {
    append_place(out, event, type);
    fmt::format_to(std::back_inserter(out), "#{:05}.{:03} ", packet.icmp->id(), packet.icmp->seq());
    packet::append_address(out, packet.ip->src);
    text::append(out, " -> ");
    packet::append_address(out, packet.ip->dst);
  }

  void append_drop(fmt::memory_buffer& out, const event::Event& event, const packet::Packet& packet) {
    append_questions(out);
    if (color_) text::append(out, "\033[1;31m");
    append_echo(out, event, packet, "dropped");
    if (event.drop->has_reason) {
      text::append(out, ", ");
      text::append_printable(out, event.names->name(event::NameKind::drop_reason, event.drop->reason));
    }
    const std::string_view place = event.names->name(event::NameKind::symbol, event.drop->location);
    text::append(out, " at ");
    place.empty() ? text::append_hex(out, event.drop->location) : void(text::append_printable(out, place));
    if (color_) text::append(out, "\033[0m");
    out.push_back('\n');
  }

  // Nobody answers who was not asked here.
  void keep(const event::Event& event, const Question& question) {
    const auto same = [&](const packet::IpAddress& address) { return address == question.address; };
    const bool known = std::any_of(asked_.begin(), asked_.end(), same);
    if (!known) {
      if (question.is_answer || event.names->probe(event.core->probe) != "net_dev_queue") return;
      if (asked_.size() < kMostAsked) asked_.push_back(question.address);
    }
    if (questions_.size() == kMostQuestions) return;
    fmt::memory_buffer line;
    append_place(line, event, question.v6 ? "ndp" : "arp");
    fmt::format_to(std::back_inserter(line), "{:10} ", "");
    if (!question.is_answer) text::append(line, "who has ");
    packet::append_address(line, question.address);
    if (question.is_answer) text::append(line, " is at ");
    if (question.is_answer && question.mac) packet::append_address(line, *question.mac);
    if (!question.is_answer && question.asker.version) text::append(line, ", tell ");
    if (!question.is_answer && question.asker.version) packet::append_address(line, question.asker);
    line.push_back('\n');
    questions_.push_back(fmt::to_string(line));
  }

  void append_questions(fmt::memory_buffer& out) {
    for (const auto& line : questions_) text::append(out, line);
    questions_.clear();
  }

  static void append_device(fmt::memory_buffer& out, const rec_device* device) {
    const std::string_view name =
        device ? std::string_view(device->name, strnlen(device->name, sizeof(device->name))) : std::string_view("-");
    const std::string shown = text::printable(name);
    for (size_t i = text::columns_of(shown); i < kDeviceWidth; i++) out.push_back(' ');
    text::append(out, shown);
  }

  bool color_;
  std::vector<std::string> questions_;    // lines that wait
  std::vector<packet::IpAddress> asked_;  // for, from a device of this host
};

}  // namespace

std::unique_ptr<Layout> make_tracepkt_layout(const LayoutChoice& choice) {
  return std::make_unique<TracepktLayout>(choice);
}

}  // namespace skbtrail::output
