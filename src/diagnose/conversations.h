// What was seen of flows before, for rules that ask for more than one packet: a SYN that a reset answers, a segment
// that was sent again, a request that is not answered, an answer that takes another way.
//
// A flow is the packets between the same two ends, in both directions; after NAT it is the same one, for a trail is
// found by the ends that it began with and by those that it ended with. Flows with the same ends in namespaces that
// have nothing to do with one another are kept apart.
//
//   by key (ends, sorted) ─► flow ─► one way, the other way: marks, times of rules, what was sent, devices
//
// Memory is bounded: the flow that was silent for longest makes room. A flow is forgotten after a minute of silence,
// and all are where events were lost, for what was not seen may be among them. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "trail/trail.h"

namespace skbtrail::diagnose {

// A device by which packets come into a namespace, and one by which they leave. 0: none.
struct Way {
  uint32_t netns = 0, in = 0, out = 0;
  std::string in_name, out_name;
};

// The namespaces that a trail crossed.
std::vector<Way> ways_of(const trail::Trail& trail);

// One direction of a flow.
struct OneWay {
  struct Sent {
    uint64_t digest = 0;
    uint32_t id = 0;  // of IP; 0: none
    uint32_t times = 0;
  };
  static constexpr size_t kMostSent = 8, kMostWays = 8;

  uint32_t marks = 0;                               // that some packet had, by their numbers
  std::vector<std::pair<uint8_t, uint32_t>> times;  // by the numbers of rules
  std::vector<Sent> sent;                           // the last ones, the oldest first
  std::vector<Way> ways;
};

class Conversations {
 public:
  static constexpr size_t kMost = 16'384;
  static constexpr uint64_t kSilence = 60'000'000'000;  // ns

  struct Found {
    OneWay* same = nullptr;  // the direction of the trail; null: it has no flow
    OneWay* other = nullptr;
  };
  // The flow of a trail; it begins where there is none. Valid until the next call.
  Found find(const trail::Trail& trail);

  // The same of an event's packet, before its trail is known.
  Found find(const event::Event& event);

  // How often a packet with this one's content was sent from where this one was first seen, this one included.
  static uint32_t note_sent(OneWay& way, const trail::Trail& trail);

  void forget();
  [[nodiscard]] size_t size() const { return flows_.size(); }

 private:
  struct Key {
    const event::Names* names = nullptr;
    packet::IpAddress low, high;
    uint16_t low_port = 0, high_port = 0;
    uint8_t protocol = 0;
    uint8_t turn = 0;  // among flows with the same ends

    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const;
  };
  struct Flow {
    std::array<OneWay, 2> ways;
    std::vector<Key> keys;
    std::vector<uint32_t> netns;
    uint64_t last_ns = 0;
  };
  using Flows = std::list<Flow>;  // the one that was silent for longest first
  struct Entry {
    Flows::iterator flow;
    uint8_t low_way;  // of a packet whose source is the lower end
  };
  static constexpr size_t kMostKeys = 6, kMostNetns = 16;
  static constexpr uint8_t kMostTurns = 4;

  struct Ends {
    Key key;
    bool is_from_low = false, is_flow = false;
  };
  static Ends ends_of(const event::Names* names, uint8_t protocol, const packet::IpAddress& src, uint16_t sport,
                      const packet::IpAddress& dst, uint16_t dport);
  Found find(Ends begin, Ends end, const std::vector<uint32_t>& netns, uint64_t now_ns);
  Entry* look_up(Key& key, const std::vector<uint32_t>& netns, uint64_t now_ns);
  void join_marks(Flow& flow, uint8_t way, const Ends& ends, const std::vector<uint32_t>& netns);
  void add_key(Flows::iterator flow, const Ends& ends, uint8_t way);
  void remove(Flows::iterator flow);

  Flows flows_;
  std::unordered_map<Key, Entry, Hash> by_key_;
};

}  // namespace skbtrail::diagnose
