// Where the packet begins in a frame that another program captured, by its link type (LINKTYPE_* of pcap-linktype(7)).
//
//   Ethernet                              at the link header
//   raw IP; IPv4, IPv6                    at the network header, at once
//   BSD loopback (NULL, LOOP)             after 4 bytes: the address family, of the file's host's byte order or big
//   Linux cooked, versions 1 and 2        after 16 or 20 bytes with protocol, kind of device and whose packet it is.
//                                         The protocol is an Ethernet type, unless the device is netlink, or the number
//                                         is one of the kernel's own (802.2: 4; CAN: 12 to 14)
//   PPP, with HDLC's bytes, with a        after the protocol
//   direction, over Ethernet (PPPoE)
//   Cisco HDLC, IP over InfiniBand, SLIP  after 4, 44, 16 bytes
//   NFLOG                                 in the attribute that holds the packet
//   802.11, also with radiotap, Prism,    after LLC and SNAP of a data frame that is not encrypted
//   AVS or PPI
//   switch tags (DSA, EDSA, Broadcom)     at the link header, from which the tag is taken out; it may say which way
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "bpf/record.h"

namespace skbtrail::recording {

struct LinkLayer {
  // What the packet is can be told. Else the link type is none of the above, or what it carries is no packet.
  bool is_understood = false;
  rec_start start = REC_START_NETWORK;
  size_t size = 0;                                 // bytes in front of the packet; at most those of the frame
  size_t front = 0;                                // so many of them are the packet's after all: its addresses
  std::optional<size_t> packet_size{};             // where something may follow the packet
  uint16_t protocol = 0;                           // Ethernet type, host order; 0: as the version in the IP header says
  std::optional<uint8_t> pkt_type = std::nullopt;  // PACKET_*, where the frame says it
};

// `swapped`: the file is of the other byte order.
LinkLayer link_layer_of(uint16_t link_type, std::span<const std::byte> frame, bool swapped);

}  // namespace skbtrail::recording
