#include "tests/filter/packets.h"

#include <algorithm>
#include <random>

#include "tests/filter/judge.h"

namespace skbtrail::test {
namespace {

struct Frame {
  ByteVector bytes;
  size_t network;
};

using Add = std::vector<Frame>&;

PacketBuilder ethernet() {
  return PacketBuilder().ethernet("02:00:00:00:00:01", "02:00:00:00:00:02");
}

void add(Add frames, const PacketBuilder& packet, size_t network = 14) {
  frames.push_back({packet.bytes(), network});
}

// The packets of one kind of link header: `link` begins each.
void add_ipv4(Add frames, const PacketBuilder& link, size_t network) {
  const auto start = [&] { return link; };
  add(frames, start().ipv4("10.0.0.1", "10.0.0.2").tcp(40000, 80, {.flags = 0x02}).payload(20), network);
  add(frames, start().ipv4("10.0.0.2", "10.0.0.1").tcp(80, 40000, {.flags = 0x12, .options = {2, 4, 5, 180}}), network);
  add(frames, start().ipv4("192.168.1.5", "224.0.0.251").udp(5353, 5353).payload(30), network);
  add(frames, start().ipv4("172.16.0.9", "8.8.8.8", {.tos = 0xb8, .options = {7, 7, 4, 0, 0, 0, 0}}).udp(53, 1024),
      network);
  add(frames, start().ipv4("10.0.0.1", "10.255.255.255").udp(68, 67).payload(8), network);
  add(frames, start().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 0x12340001).payload(16), network);
  add(frames, start().ipv4("10.0.0.2", "10.0.0.1").icmp(3, 3, 0).payload(28), network);
  add(frames, start().ipv4("10.0.0.1", "10.0.0.2", {.more_fragments = true}).udp(7, 9).payload(24), network);
  add(frames, start().ipv4("10.0.0.1", "10.0.0.2", {.fragment_offset = 24, .protocol = uint8_t{6}}).payload(40),
      network);
}

void add_ipv6(Add frames, const PacketBuilder& link, size_t network) {
  const auto start = [&] { return link; };
  add(frames, start().ipv6("fd00::1", "fd00::2").tcp(40000, 443, {.flags = 0x18}).payload(10), network);
  add(frames, start().ipv6("fe80::1", "ff02::fb").udp(5353, 53).payload(12), network);
  add(frames, start().ipv6("fe80::1", "ff02::1").icmp6(135, 0, 0).payload(16), network);
  add(frames, start().ipv6("fd00::1", "fd00::2").hop_by_hop().udp(1, 2).payload(4), network);
  add(frames, start().ipv6("fd00::1", "fd00::2").fragment(0, true, 7).tcp(22, 50000), network);
  add(frames, start().ipv6("fd00::1", "fd00::2").fragment(64, false, 7, uint8_t{17}).payload(24), network);
  add(frames,
      start()
          .ipv6("2001:db8::1", "fd00::2")
          .hop_by_hop()
          .routing(4, 1, {"fd00::3"})
          .destination_options(16)
          .tcp(25, 80),
      network);
}

void add_other(Add frames) {
  add(frames, ethernet().arp());
  add(frames, ethernet().arp({.operation = 2, .sender_ip = "10.0.0.2", .target_ip = "10.0.0.1"}));
  add(frames, PacketBuilder().ethernet("02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff").arp());
  for (unsigned type : {0x8847, 0x8863, 0x8864, 0x8035, 0x88cc, 0x0026, 0x80f3, 0x6003})
    add(frames, PacketBuilder()
                    .ethernet("02:00:00:00:00:01", "01:80:c2:00:00:00", static_cast<uint16_t>(type))
                    .payload(ByteVector{0x42, 0x42, 0x03, 0x00, 0x64, 0x01, 0x45, 0x00, 0x00, 0x21, 0x45,
                                        0,    0,    30,   0,    1,    0,    0,    64,   6,    0,    0}));
  add(frames, PacketBuilder()
                  .ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", uint16_t{0x8864})
                  .payload(ByteVector{0x11, 0x00, 0x00, 0x07, 0x00, 0x20, 0x00, 0x21, 0x45, 0, 0, 30,
                                      0,    1,    0,    0,    64,   6,    0,    0,    10,   0, 0, 1}));
  for (unsigned protocol : {2, 47, 50, 51, 89, 103, 112, 132})
    add(frames, ethernet()
                    .ipv4("10.0.0.1", "224.0.0.5", {.protocol = static_cast<uint8_t>(protocol)})
                    .payload(ByteVector{6, 1, 0, 80, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  add(frames,
      ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(5000, 6081).payload(ByteVector{0, 0,  0x65, 0x58, 0, 0, 5,    0,
                                                                                 2, 0,  0,    0,    0, 1, 2,    0,
                                                                                 0, 0,  0,    2,    8, 0, 0x45, 0,
                                                                                 0, 40, 0,    0,    0, 0, 64,   6}));
  add(frames, ethernet().ipv4("10.1.0.1", "10.1.0.2").ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2));
  add(frames, ethernet().ipv4("10.1.0.1", "10.1.0.2").ipv6("fd00::1", "fd00::2").udp(1, 2));
}

std::vector<Frame> whole_frames() {
  std::vector<Frame> frames;
  add_ipv4(frames, ethernet(), 14);
  add_ipv6(frames, ethernet(), 14);
  add_other(frames);
  add_ipv4(frames, ethernet().vlan(10), 18);
  add_ipv6(frames, ethernet().vlan(100, 5).vlan(10), 22);
  add_ipv4(frames, ethernet().vlan(100, 0, 0x88a8).vlan(200), 22);
  add_ipv6(frames, PacketBuilder().ethernet("00:00:00:00:00:00", "33:33:00:00:00:01").vlan(7, 0, 0x9100), 18);
  return frames;
}

class Walked {
 public:
  Frame frame() {
    PacketBuilder packet = ethernet();
    const size_t tags = number(3) ? number(3) : number(7);
    constexpr unsigned kTypes[] = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
    for (size_t i = 0; i < tags; i++) packet.vlan(7, 0, kTypes[number(8) ? number(2) : number(5)]);
    const size_t kind = number(9);
    if (kind == 0)
      packet.arp();
    else if (kind < 4)
      add_ipv4(packet);
    else
      add_ipv6(packet);
    return {packet.bytes(), 14 + 4 * (number(2) ? tags : number(tags + 1))};
  }

 private:
  size_t number(size_t below) { return random_() % below; }

  void add_ipv4(PacketBuilder& packet) {
    Ipv4Fields fields;
    fields.fragment_offset = static_cast<uint16_t>(number(6) ? 0 : 24);
    fields.more_fragments = number(6) == 0;
    if (number(4) == 0) fields.options = ByteVector(4 * number(11), 1);
    if (number(5) == 0) fields.protocol = protocol();
    packet.ipv4(number(2) ? "10.0.0.1" : "10.0.0.2", number(2) ? "10.0.0.2" : "192.168.1.5", fields);
    for (size_t i = number(4) ? 0 : 1 + number(2); i-- > 0;) packet.authentication(12);
    add_upper(packet);
  }

  void add_ipv6(PacketBuilder& packet) {
    packet.ipv6(number(2) ? "fd00::1" : "fd00:0:0:1::1", number(2) ? "fd00::2" : "2001:db8::7");
    for (size_t i = number(8) ? number(4) : number(11); i-- > 0;) add_extension(packet);
    add_upper(packet);
  }

  void add_extension(PacketBuilder& packet) {
    constexpr unsigned kOfThatShape[] = {135, 139, 140};
    switch (number(7)) {
      case 0: packet.hop_by_hop(8 + 8 * static_cast<unsigned>(number(4))); break;
      case 1: packet.routing(4, 1, {"fd00::3"}); break;
      case 2:
        packet.fragment(number(3) ? 0 : 64, number(2) != 0, 7, number(4) ? std::nullopt : std::optional(protocol()));
        break;
      case 3: packet.authentication(4 * static_cast<unsigned>(number(5))); break;
      case 4: packet.extension(kOfThatShape[number(3)], {59, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); break;
      default: packet.destination_options(8 + 8 * static_cast<unsigned>(number(3))); break;
    }
  }

  uint8_t protocol() {
    constexpr uint8_t kNumbers[] = {0, 1, 6, 17, 33, 43, 44, 50, 51, 58, 59, 60, 89, 132, 135, 136, 139, 140, 255};
    return kNumbers[number(std::size(kNumbers))];
  }

  void add_upper(PacketBuilder& packet) {
    constexpr unsigned kPorts[] = {7, 9, 53, 80, 4000};
    const unsigned source = kPorts[number(5)], destination = kPorts[number(5)];
    constexpr uint16_t kFlags[] = {0x002, 0x012, 0x010, 0x004, 0x110};
    switch (number(6)) {
      case 0: packet.tcp(source, destination, {.flags = kFlags[number(5)]}); break;
      case 1: packet.icmp(number(2) ? 8 : static_cast<unsigned>(number(12)), 0, (number(2) ? 7u : 9u) << 16); break;
      case 2: packet.icmp6(128 + static_cast<unsigned>(number(8)), 0, (number(2) ? 7u : 9u) << 16); break;
      case 3: packet.payload({0, 7, 0, 80, 0, 0, 0, 8, 0, 0, 0, 0}); break;
      default: packet.udp(source, destination).payload(number(20)); break;
    }
  }

  std::mt19937 random_{20261128};
};

class Shaper {
 public:
  // Half of them from the network header on.
  FilterPacket cut(const Frame& frame, size_t length, bool from_network) {
    FilterPacket packet;
    const size_t first = from_network ? frame.network : 0;
    packet.bytes.assign(frame.bytes.begin() + static_cast<ptrdiff_t>(first), frame.bytes.end());
    packet.bytes.resize(std::min({length, packet.bytes.size(), size_t{JUDGE_READ_MAX}}));
    packet.wire_len = static_cast<uint32_t>(frame.bytes.size() - first);
    packet.ethertype = static_cast<uint16_t>(frame.bytes[frame.network - 2] << 8 | frame.bytes[frame.network - 1]);
    return placed(packet);
  }

  FilterPacket bent(FilterPacket packet) {
    for (size_t changes = 1 + number(4); changes-- > 0 && !packet.bytes.empty();)
      packet.bytes[number(packet.bytes.size())] = static_cast<uint8_t>(number(256));
    return placed(packet);
  }

  FilterPacket garbage() {
    FilterPacket packet;
    packet.bytes.resize(number(JUDGE_READ_MAX));
    for (uint8_t& byte : packet.bytes) byte = static_cast<uint8_t>(number(256));
    packet.ethertype = static_cast<uint16_t>(number(65536));
    packet.wire_len = static_cast<uint32_t>(packet.bytes.size());
    return placed(packet);
  }

  size_t number(size_t below) { return random_() % below; }

 private:
  // All in the copy, none, or some of it; with a tag; sometimes with a tail that is not linear.
  FilterPacket placed(FilterPacket packet) {
    const size_t most = std::min<size_t>(packet.bytes.size(), JUDGE_COPY_MAX);
    const size_t kind = number(4);
    packet.copied = static_cast<uint32_t>(kind == 0 ? number(most + 1) : kind == 1 ? std::min<size_t>(most, 34) : most);
    if (number(16) == 0) packet.copied = 0;
    packet.tag = (number(4) ? 0x8100u : 0x88a8u) << 16 | (number(2) ? 10u : static_cast<uint32_t>(number(65536)));
    if (number(3) == 0) packet.wire_len += static_cast<uint32_t>(number(1500));
    return packet;
  }

  std::mt19937 random_{20261121};
};

}  // namespace

std::vector<FilterPacket> filter_packets(size_t count) {
  const std::vector<Frame> frames = whole_frames();
  Shaper shaper;
  std::vector<FilterPacket> packets;
  for (size_t i = 0; i < frames.size(); i++) {
    packets.push_back(shaper.cut(frames[i], SIZE_MAX, false));
    packets.push_back(shaper.cut(frames[i], SIZE_MAX, true));
    const size_t longest = std::min<size_t>(frames[i].bytes.size(), 110);
    for (size_t length = i % 2; length < longest; length += 2)
      packets.push_back(shaper.cut(frames[i], length, (length / 2 + i) % 2 != 0));
  }
  while (packets.size() < count) {
    FilterPacket whole = shaper.cut(frames[shaper.number(frames.size())], SIZE_MAX, shaper.number(2) != 0);
    packets.push_back(shaper.number(5) == 0 ? shaper.garbage() : shaper.bent(std::move(whole)));
  }
  packets.resize(count);
  return packets;
}

std::vector<FilterPacket> walked_packets(size_t count) {
  Walked walked;
  Shaper shaper;
  std::vector<FilterPacket> packets;
  while (packets.size() < count) {
    const Frame frame = walked.frame();
    const size_t length = shaper.number(4) ? SIZE_MAX : shaper.number(frame.bytes.size());
    FilterPacket packet = shaper.cut(frame, length, shaper.number(3) == 0);
    packets.push_back(shaper.number(4) ? std::move(packet) : shaper.bent(std::move(packet)));
  }
  return packets;
}

}  // namespace skbtrail::test
