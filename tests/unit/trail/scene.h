// Events of skbs one after the other, and the trails that become of them, for the tests of this folder.
//
//   Scene scene;
//   scene.at("net_dev_queue", kSkb, kA, ping(1));
//   scene.at("consume_skb", kSkb, kA, ping(1));
//   scene.end();
//   scene.trails.front().steps ...
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/decider.h"
#include "event/result_format.h"
#include "fake_names.h"
#include "packet/packet_builder.h"
#include "record_builder.h"
#include "trail/splitter.h"
#include "trail/trails.h"

namespace skbtrail::test {

class ProbeNames : public FakeNames {
 public:
  std::string_view probe(uint16_t number) const override { return probes_.at(number); }
  // Of functions, if any of the probes is one.
  const event::ResultFormat* result(uint16_t number) const override {
    const std::string& name = probes_.at(number);
    return returns && (name.starts_with("bpf:") || event::decider_of(name)) ? returns : nullptr;
  }
  static const event::ResultFormat& verdict() {
    static const event::ResultFormat format{
        .type = "unsigned int", .size = 4, .meaning = event::ResultMeaning::verdict};
    return format;
  }
  const event::ResultFormat* returns = nullptr;
  void forget() { probes_.clear(); }
  uint16_t number_of(std::string_view probe) {
    for (size_t i = 0; i < probes_.size(); i++)
      if (probes_[i] == probe) return static_cast<uint16_t>(i);
    probes_.emplace_back(probe);
    return static_cast<uint16_t>(probes_.size() - 1);
  }

 private:
  std::vector<std::string> probes_;
};

struct Device {
  uint32_t netns;
  uint32_t ifindex;
  const char* name;
};
constexpr Device kA{1, 2, "v0"}, kB{7, 3, "v1"}, kNowhere{0, 0, ""};
constexpr uint64_t kSkb = 0xffff888000001000, kOther = 0xffff888000002000, kThird = 0xffff888000003000;

class Scene : public trail::Receiver {
 public:
  using Change = void (*)(RecordBuilder&);

  explicit Scene(const trail::Limits& limits = {}) : following(*this, limits) {}

  // An event, a microsecond after the one before. Empty bytes: it has none.
  RecordBuilder record(std::string_view probe, uint64_t skb, const Device& device, const ByteVector& packet = {}) {
    RecordBuilder builder;
    builder.time(now += 1000).probe(names.number_of(probe)).skb_address(skb).cpu(cpu);
    if (device.netns) builder.device(device.name, device.ifindex, device.netns);
    if (!packet.empty()) builder.packet(packet).len(static_cast<uint32_t>(packet.size()));
    return builder;
  }
  void add(const RecordBuilder& builder) {
    const auto bytes = builder.bytes();
    following.event(*event::Event::decode(bytes, names));
  }
  void at(std::string_view probe, uint64_t skb, const Device& device, const ByteVector& packet = {}) {
    add(record(probe, skb, device, packet));
  }
  // What a driver said.
  void sent(uint64_t skb, const Device& device, int32_t result = 0) {
    add(record("net_dev_xmit", skb, device).flag(REC_FLAG_SKB_NOT_OWNED).result(result));
  }
  void dropped(uint64_t skb, const Device& device, const ByteVector& packet, uint32_t reason, bool cloned = false) {
    add(record("kfree_skb", skb, device, packet).drop(FakeNames::kIcmpRcv, reason, cloned));
  }
  void end() { following.end(); }
  void pass(uint64_t ns) { following.advance(now += ns); }

  void trail(const trail::Trail& trail) override { trails.push_back(trail); }

  ProbeNames names;
  std::vector<trail::Trail> trails;  // in the order in which they were closed
  uint64_t now = 1'000'000'000;
  uint16_t cpu = 0;
  trail::Trails following;
};

// Of one flow, and each with an identification of its own.
inline ByteVector udp(uint16_t id, const ByteVector& payload = {}, const char* src = "10.0.0.1", uint16_t sport = 4000,
                      uint8_t ttl = 64) {
  PacketBuilder builder;
  builder.ethernet().ipv4(src, "10.0.0.2", {.ttl = ttl, .id = id}).udp(sport, 9000);
  return builder.payload(payload.empty() ? ByteVector{1, 2, 3, 4} : payload).bytes();
}
inline ByteVector udp6(const ByteVector& payload) {
  return PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").udp(4000, 9000).payload(payload).bytes();
}

// The path of one packet between two namespaces, up to the socket.
inline void cross(Scene& scene, uint64_t skb, const ByteVector& packet) {
  scene.at("net_dev_queue", skb, kA, packet);
  scene.at("net_dev_start_xmit", skb, kA, packet);
  scene.at("netif_rx", skb, kB, packet);
  scene.sent(skb, kA);
  scene.at("netif_receive_skb", skb, kB, packet);
}

inline std::vector<std::string> steps_of(const trail::Trail& trail, uint16_t branch = 0) {
  std::vector<std::string> steps;
  for (const auto& step : trail.steps)
    if (step.branch == branch) steps.emplace_back(trail.names->probe(step.probe));
  return steps;
}

}  // namespace skbtrail::test
