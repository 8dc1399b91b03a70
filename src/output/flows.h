// Packets by the flow that they are of, and the routes that they took: what --merge draws. A flow has two directions,
// and stays one through NAT, as far as a packet was seen before and after it.
//
// Bounded: flows, routes of one, and the time of each in a histogram; beyond, packets are counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "output/route_text.h"
#include "trail/histogram.h"

namespace skbtrail::output {

class Flows {
 public:
  static constexpr size_t kMost = 1024;
  static constexpr size_t kMostRoutes = 32;  // of one flow

  struct Way {
    std::vector<RoutePiece> pieces;
    bool is_reply = false;
    trail::Histogram times;
  };
  struct Flow {
    std::string name;       // "udp 10.0.0.1:4000 > 10.0.0.2:53"
    std::vector<Way> ways;  // as they were first seen
    uint64_t packets = 0, replies = 0;
    uint64_t skipped = 0;  // of them, on more different ways
    packet::IpAddress client;
    uint16_t client_port = 0;
  };

  void add(const trail::Trail& trail, const Signs& signs);

  [[nodiscard]] const std::vector<Flow>& flows() const { return flows_; }
  [[nodiscard]] uint64_t skipped() const { return skipped_; }  // packets of further flows

 private:
  // The ends as they are on the wire, the lesser first.
  struct Key {
    packet::IpAddress low, high;
    uint16_t low_port = 0, high_port = 0, kind = 0;
    bool operator<(const Key& other) const;
  };
  struct Ends {
    packet::IpAddress src, dst;
    uint16_t sport = 0, dport = 0;
  };
  static Key key_of(const Ends& ends, uint16_t kind);
  static Ends last_ends(const trail::Trail& trail, Ends ends);
  Flow* find(const trail::Trail& trail);

  std::map<Key, size_t> known_;
  std::vector<Flow> flows_;
  uint64_t skipped_ = 0;
};

}  // namespace skbtrail::output
