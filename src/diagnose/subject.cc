#include "diagnose/subject.h"

#include <cstring>

#include "text/fixed_text.h"

namespace skbtrail::diagnose {

Subject subject_of(const event::Event& event) {
  Subject subject;
  subject.names = event.names;
  if (const auto* packet = event.packet(); packet && packet->ip) {
    subject.src = packet->ip->src;
    subject.dst = packet->ip->dst;
    subject.protocol = packet->ip->protocol;
    subject.has_protocol = true;
    subject.has_ports = packet->ports.has_value();
    if (packet->ports) subject.sport = packet->ports->src;
    if (packet->ports) subject.dport = packet->ports->dst;
    subject.first_src = subject.src;
    subject.first_dst = subject.dst;
    if (packet->icmp && packet->icmp->quoted) subject.quoted_dst = packet->icmp->quoted->dst;
  }
  if (!event.device) return subject;
  subject.netns = event.device->netns;
  if (event.device->ifindex) subject.device = text::fixed_text(event.device->name);
  // ip6_forward() puts the device of the way on into the packet before it drops it (net/ipv6/ip6_output.c, 6.18).
  if (subject.src.version == 4) subject.in_device = subject.device;
  return subject;
}

}  // namespace skbtrail::diagnose
