// The layout of `as tracepkt`: one line for each ICMP or ICMPv6 echo at a device, as the original prints them.
//
//   [  4026531957]          docker0 request #17146.001 172.17.0.1 -> 172.17.0.2
//    netns, 12           device, 16 type, 7  id.sequence
//
// And what the original does not tell, of an echo that comes to nothing: that a request for a
// link-layer address was not answered, and where it was dropped and why.
//
//   [  4026531957]            veth0     arp            who has 10.77.0.9, tell 10.77.0.1
//   [  4026531957]            veth0 dropped #17146.001 10.77.0.1 -> 10.77.0.9, NEIGH_FAILED at arp_error_report+0x1c
//
// With --more (LayoutChoice::detail) also the answers to such questions; and after the addresses, what was decided
// about the echo since the line before: where the route led it, and the verdicts of netfilter. What a device hands up
// to ping or to the kernel's answer has a line of its own then, as no device follows.
//
//   [  4026531957]            veth0 request #17146.001 10.77.0.1 -> 10.77.0.9           out, iptables filter OUTPUT:
//   ACCEPT [  4026532258]             eth0 arrived #17146.001 10.77.0.1 -> 10.77.0.9           local
//
// Questions for an address are kept until it is clear that they matter: an echo that is sent has its answer. Those that
// others asked are not shown. Any other event has no line.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/decider.h"
#include "output/text_layout.h"
#include "output/value_text.h"
#include "output/wrapped.h"
#include "text/append.h"
#include "text/fixed_text.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

constexpr size_t kDeviceWidth = 16;

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

struct Route {
  std::string_view function, meaning;
};
// The functions that a route leads a packet to (dst_input(), dst_output()).
constexpr Route kRoutes[] = {{"ip_local_deliver", "local"}, {"ip6_input", "local"}, {"ip_forward", "forward"},
                             {"ip6_forward", "forward"},    {"ip_output", "out"},   {"ip6_output", "out"}};

const Route* route_of(std::string_view probe) {
  const auto* found = std::find_if(std::begin(kRoutes), std::end(kRoutes),
                                   [&](const Route& route) { return probe.starts_with(route.function); });
  return found == std::end(kRoutes) ? nullptr : found;
}

class TracepktLayout : public TextLayout {
 public:
  explicit TracepktLayout(const LayoutChoice& choice) : TextLayout(choice), more_(choice.detail) {}

  void header(fmt::memory_buffer& out, bool terminal) override {
    if (!terminal) return;
    fmt::format_to(std::back_inserter(out), "{:>14} {:>16} {:>7} {:<10} {}\n", "NETWORK NS", "INTERFACE", "TYPE",
                   "#ID.SEQ",
                   more_ ? fmt::format("{:{}} {}", "ADDRESSES", kAddressesWidth, "ROUTE, VERDICTS") : "ADDRESSES");
  }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    const packet::Packet* packet = event.packet();
    if (!packet) return;
    const std::string_view probe = event.names->probe(event.core->probe);
    const bool arrived = probe.ends_with("_rcv"), decides = route_of(probe) || event::decider_of(probe);
    if (const auto asked = question_of(*packet)) return arrived || decides ? void() : keep(event, *asked);
    if (!packet->ip || !packet->icmp || !packet->icmp->is_echo()) return;
    if (decides) return keep_decision(event, *packet->icmp, probe);
    if (event.drop) {
      if (event.is_drop()) append_drop(out, event, *packet);
      return;
    }
    if (more_) append_questions(out);
    questions_.clear();
    append_echo(out, event, *packet, arrived ? "arrived" : packet->icmp->is_echo_request() ? "request" : "reply");
    out.push_back('\n');
  }

  void end(fmt::memory_buffer& out) override { append_questions(out); }

 private:
  static constexpr size_t kMostQuestions = 64, kMostAsked = 64;

  static constexpr size_t kAddressesWidth = 34, kMostDecided = 1024;

  // Of an echo: its identifier and number, and whether it is the answer.
  static uint64_t key_of(const packet::Icmp& icmp) {
    return uint64_t{icmp.type} << 32 | uint64_t{icmp.id()} << 16 | icmp.seq();
  }

  void keep_decision(const event::Event& event, const packet::Icmp& icmp, std::string_view probe) {
    const Route* route = route_of(probe);
    const auto decision = event::find_field("decision")->of(event, scratch_);
    const auto* verdict = std::get_if<std::string_view>(&decision);
    if (!route && !verdict) return;
    if (decided_.size() == kMostDecided) decided_.clear();
    std::string& all = decided_[key_of(icmp)];
    const std::string_view what = route ? route->meaning : *verdict;
    if (what == "out" && all.find("forward") != std::string::npos) return;  // what is forwarded is sent out, too
    all += fmt::format("{}{}", all.empty() ? "" : ", ", what);
  }

  static void append_location(fmt::memory_buffer& out, const event::Event& event, std::string_view type) {
    const bool has_netns = event.device && event.device->netns;
    const std::string device = text::printable(event.device ? text::fixed_text(event.device->name) : "-");
    const size_t columns = std::min(text::columns_of(device), kDeviceWidth);
    fmt::format_to(std::back_inserter(out), "[{:>12}] {:{}}{} {:>7} ",
                   has_netns ? std::to_string(event.device->netns) : "-", "", kDeviceWidth - columns, device, type);
  }

  void append_echo(fmt::memory_buffer& out, const event::Event& event, const packet::Packet& packet,
                   std::string_view type) {
    append_location(out, event, type);
    fmt::format_to(std::back_inserter(out), "#{:05}.{:03} ", packet.icmp->id(), packet.icmp->seq());
    const auto addresses =
        fmt::format("{} -> {}", packet::to_string(packet.ip->src), packet::to_string(packet.ip->dst));
    const auto decided = decided_.find(key_of(*packet.icmp));
    if (decided == decided_.end()) return text::append(out, addresses);
    fmt::format_to(std::back_inserter(out), "{:{}} ", addresses, kAddressesWidth);
    text::append_printable(out, decided->second);
    decided_.erase(decided);
  }

  void append_drop(fmt::memory_buffer& out, const event::Event& event, const packet::Packet& packet) {
    append_questions(out);
    if (color_) text::append(out, kBadColor);
    append_echo(out, event, packet, "dropped");
    if (event.drop->has_reason) {
      text::append(out, ", ");
      append_field(out, event, "drop_reason", scratch_);
    }
    text::append(out, " at ");
    append_field(out, event, "location", scratch_, "0x0");
    if (color_) text::append(out, kNoColor);
    out.push_back('\n');
  }

  // No answer is expected to what was not asked here.
  void keep(const event::Event& event, const Question& question) {
    const auto same = [&](const packet::IpAddress& address) { return address == question.address; };
    const bool known = std::any_of(asked_.begin(), asked_.end(), same);
    if (!known) {
      if (question.is_answer || event.names->probe(event.core->probe) != "net_dev_queue") return;
      if (asked_.size() < kMostAsked) asked_.push_back(question.address);
    }
    if (questions_.size() == kMostQuestions) return;
    fmt::memory_buffer line;
    append_location(line, event, question.v6 ? "ndp" : "arp");
    const std::string address = packet::to_string(question.address);
    const std::string words =
        question.is_answer ? fmt::format("{} is at {}", address, question.mac ? packet::to_string(*question.mac) : "")
        : question.asker.version ? fmt::format("who has {}, tell {}", address, packet::to_string(question.asker))
                                 : "who has " + address;
    fmt::format_to(std::back_inserter(line), "{:10} {}\n", "", words);
    questions_.push_back(fmt::to_string(line));
  }

  void append_questions(fmt::memory_buffer& out) {
    for (const auto& line : questions_) text::append(out, line);
    questions_.clear();
  }

  bool more_;
  std::map<uint64_t, std::string> decided_;  // since an echo's line
  event::Scratch scratch_;
  std::vector<std::string> questions_;    // lines that wait
  std::vector<packet::IpAddress> asked_;  // for, from a device of this host
};

}  // namespace

std::unique_ptr<Layout> make_tracepkt_layout(const LayoutChoice& choice) {
  return std::make_unique<TracepktLayout>(choice);
}

}  // namespace skbtrail::output
