// What advice is about: a packet as it was at one location. Commands and words are filled in with it.
#pragma once

#include <cstdint>
#include <string>

#include "event/event.h"

namespace skbtrail::diagnose {

// What is not known has no version, is empty, or 0.
struct Subject {
  const event::Names* names = nullptr;
  packet::IpAddress src, dst;
  uint16_t sport = 0, dport = 0;
  bool has_ports = false, has_protocol = false;
  uint8_t protocol = 0;  // above IP
  std::string device;
  uint32_t netns = 0;                      // inode number
  std::string in_device;                   // by which it came into that namespace
  packet::IpAddress first_src, first_dst;  // before any NAT
  packet::IpAddress quoted_dst;            // of an ICMP error: where the packet was to go that it is about
};

Subject subject_of(const event::Event& event);

}  // namespace skbtrail::diagnose
