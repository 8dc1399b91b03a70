#include "recording/link_layer.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <algorithm>
#include <array>

namespace skbtrail::recording {

namespace {

enum LinkType : uint16_t {
  kNull = 0,
  kEthernet = 1,
  kSlip = 8,
  kPpp = 9,
  kRawOfOthers = 12,  // DLT_RAW: what some programs write instead of its LINKTYPE
  kRawOfOpenBsd = 14,
  kPppHdlc = 50,
  kPppEther = 51,
  kRaw = 101,
  kCiscoHdlc = 104,
  kIeee80211 = 105,
  kLoop = 108,
  kLinuxCooked = 113,
  kPrism = 119,
  kRadiotap = 127,
  kAvs = 163,
  kPppPppd = 166,
  kPpi = 192,
  kPppWithDirection = 204,
  kIpv4 = 228,
  kIpv6 = 229,
  kNflog = 239,
  kIpOverInfiniband = 242,
  kLinuxCooked2 = 276,
  kBroadcomTag = 281,
  kBroadcomTagInFront = 282,
  kDsa = 284,
  kEdsa = 285,
};

// A frame, of which bytes that are not there are 0 and remembered as missing.
class Frame {
 public:
  Frame(std::span<const std::byte> bytes, bool swapped) : bytes_(bytes), swapped_(swapped) {}

  uint8_t u8(size_t at) {
    if (at < bytes_.size()) return std::to_integer<uint8_t>(bytes_[at]);
    cut_ = true;
    return 0;
  }
  uint16_t be16(size_t at) { return static_cast<uint16_t>(u8(at) << 8 | u8(at + 1)); }
  uint16_t le16(size_t at) { return static_cast<uint16_t>(u8(at) | u8(at + 1) << 8); }
  uint32_t be32(size_t at) { return uint32_t{be16(at)} << 16 | be16(at + 2); }
  // As the host that captured it writes numbers. This one is of little-endian order, as are all that skbtrail runs on
  // (bpf/arch.h).
  uint16_t host16(size_t at) { return swapped_ ? be16(at) : le16(at); }

  [[nodiscard]] size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool cut() const { return cut_; }

  // The packet of this protocol begins there.
  [[nodiscard]] LinkLayer at(size_t size, uint16_t protocol, std::optional<uint8_t> pkt_type = std::nullopt) const {
    LinkLayer link{true, REC_START_NETWORK, std::min(size, bytes_.size())};
    link.protocol = protocol;
    link.pkt_type = pkt_type;
    return link;
  }
  // As at(), where nothing but the IP header says of which version it is.
  LinkLayer ip_at(size_t size, std::optional<uint8_t> pkt_type = std::nullopt) {
    const unsigned version = size < bytes_.size() ? u8(size) >> 4 : 4;
    if (version != 4 && version != 6) return none(pkt_type);
    return at(size, version == 4 ? ETH_P_IP : ETH_P_IPV6, pkt_type);
  }
  // No packet that can be shown. What was cut before it could be told may be one.
  [[nodiscard]] LinkLayer none(std::optional<uint8_t> pkt_type = std::nullopt) const {
    LinkLayer link{cut_};
    link.size = bytes_.size();
    link.pkt_type = pkt_type;
    return link;
  }

 private:
  std::span<const std::byte> bytes_;
  bool swapped_;
  bool cut_ = false;
};

// bsd/sys/socket.h of all of them, and Linux'.
LinkLayer loopback(Frame& frame) {
  constexpr std::array<uint32_t, 4> kInet6{10, 24, 28, 30};
  const uint32_t family = frame.be32(0);
  // Of which order the host was is not always that of the file; families are small numbers.
  const uint32_t number = family > UINT16_MAX ? __builtin_bswap32(family) : family;
  if (number == 2) return frame.at(4, ETH_P_IP);
  if (std::find(kInet6.begin(), kInet6.end(), number) != kInet6.end()) return frame.at(4, ETH_P_IPV6);
  return frame.none();
}

// An Ethernet type, or the length of an 802.3 frame with LLC after it, as it is in frames.
LinkLayer by_ethertype(const Frame& frame, size_t size, uint16_t type) {
  return frame.at(size, type);
}

// skb->protocol, which may be one of the kernel's own numbers (uapi/linux/if_ether.h).
LinkLayer cooked(const Frame& frame, size_t size, uint16_t protocol, uint16_t device, uint8_t pkt_type) {
  const bool is_ethertype = protocol >= ETH_P_802_3_MIN || protocol == ETH_P_802_2;
  if (device == ARPHRD_NETLINK || device == ARPHRD_CAN || !is_ethertype) return frame.none(pkt_type);
  return frame.at(size, protocol, pkt_type);
}

// At the protocol, of one or two bytes (RFC 1661; shorter by RFC 1331's field compression).
LinkLayer ppp_protocol(Frame& frame, size_t at, std::optional<uint8_t> pkt_type = std::nullopt) {
  constexpr uint16_t kIp = 0x21, kIp6 = 0x57, kMpls = 0x281, kMplsMulticast = 0x283;
  const bool is_short = (frame.u8(at) & 1) != 0;
  const uint16_t protocol = is_short ? frame.u8(at) : frame.be16(at);
  const size_t after = at + (is_short ? 1 : 2);
  switch (protocol) {
    case kIp: return frame.at(after, ETH_P_IP, pkt_type);
    case kIp6: return frame.at(after, ETH_P_IPV6, pkt_type);
    case kMpls: return frame.at(after, ETH_P_MPLS_UC, pkt_type);
    case kMplsMulticast: return frame.at(after, ETH_P_MPLS_MC, pkt_type);
    default: return frame.none(pkt_type);
  }
}

// With or without HDLC's address and control (RFC 1662).
LinkLayer ppp(Frame& frame, size_t at, std::optional<uint8_t> pkt_type = std::nullopt) {
  constexpr uint16_t kHdlc = 0xff03;
  return ppp_protocol(frame, at + (frame.be16(at) == kHdlc ? 2 : 0), pkt_type);
}

uint8_t sent_or_received(bool sent) {
  return sent ? PACKET_OUTGOING : PACKET_HOST;
}

//   | family | version | u16 id | u16 length | u16 type | ... |  attributes as netlink's, padded to 4 bytes
LinkLayer nflog(Frame& frame) {
  constexpr uint8_t kInet = 2, kInet6 = 10;
  constexpr size_t kHead = 4;
  const uint8_t family = frame.u8(0);
  for (size_t at = 4; at < frame.size();) {
    const size_t length = frame.host16(at);
    const unsigned type = frame.host16(at + 2) & 0x7fffu;
    if (length < kHead || frame.cut()) return frame.none();
    if (type == NFULA_PAYLOAD) {
      if (family != kInet && family != kInet6) return frame.none();
      auto link = frame.at(at + kHead, family == kInet ? ETH_P_IP : ETH_P_IPV6);
      link.packet_size = length - kHead;
      return link;
    }
    at += (length + 3) & ~size_t{3};
  }
  frame.u8(frame.size());  // it may have been cut between two of them
  return frame.none();
}

// IEEE 802.11, 9.2: a data frame with LLC and SNAP.
LinkLayer wireless(Frame& frame, size_t at) {
  constexpr unsigned kData = 2, kNoData = 4, kQos = 8;
  constexpr unsigned kToDs = 1, kFromDs = 2, kProtected = 0x40, kOrder = 0x80;
  constexpr size_t kHeader = 24, kFourthAddress = 6, kQosControl = 2, kHtControl = 4, kSnap = 8;
  const unsigned control = frame.u8(at), flags = frame.u8(at + 1);
  const unsigned subtype = control >> 4;
  if ((control >> 2 & 3) != kData || subtype & kNoData || flags & kProtected) return frame.none();
  size_t size = at + kHeader;
  if ((flags & (kToDs | kFromDs)) == (kToDs | kFromDs)) size += kFourthAddress;
  if (subtype & kQos) size += kQosControl + (flags & kOrder ? kHtControl : 0);
  if (frame.be32(size) != 0xaaaa0300 || frame.be16(size + 4) != 0) return frame.none();
  return by_ethertype(frame, size + kSnap, frame.be16(size + 6));
}

constexpr size_t kAddresses = size_t{2} * ETH_ALEN;

// An Ethernet frame with a tag of `size` bytes after the two addresses.
LinkLayer tagged(Frame& frame, size_t size, std::optional<uint8_t> pkt_type) {
  LinkLayer link{true, REC_START_LINK, std::min(kAddresses + size, frame.size())};
  link.front = std::min(kAddresses, frame.size());
  link.pkt_type = pkt_type;
  return link;
}

// net/dsa/tag_brcm.c: the opcode is the upper three bits of the first byte.
std::optional<uint8_t> way_of_broadcom_tag(uint8_t byte) {
  constexpr unsigned kEgress = 0, kIngress = 1;  // seen from the switch
  const unsigned opcode = byte >> 5;
  if (opcode != kEgress && opcode != kIngress) return std::nullopt;
  return sent_or_received(opcode == kIngress);
}

// net/dsa/tag_dsa.c: the mode is the upper two bits. A forwarded frame may go either way.
std::optional<uint8_t> way_of_dsa_tag(uint8_t byte) {
  constexpr unsigned kFromCpu = 1, kForward = 3;
  const unsigned mode = byte >> 6;
  if (mode == kForward) return std::nullopt;
  return sent_or_received(mode == kFromCpu);
}

LinkLayer ppi(Frame& frame) {
  const uint32_t type = __builtin_bswap32(frame.be32(4));
  return type == kIeee80211 ? wireless(frame, frame.le16(2)) : frame.none();
}

LinkLayer of_type(uint16_t type, Frame& frame) {
  switch (type) {
    case kEthernet: return {true, REC_START_LINK};
    case kNull:
    case kLoop: return loopback(frame);
    case kRaw:
    case kRawOfOthers:
    case kRawOfOpenBsd: return frame.ip_at(0);
    case kIpv4: return frame.at(0, ETH_P_IP);
    case kIpv6: return frame.at(0, ETH_P_IPV6);
    case kLinuxCooked: return cooked(frame, 16, frame.be16(14), frame.be16(2), static_cast<uint8_t>(frame.be16(0)));
    case kLinuxCooked2: return cooked(frame, 20, frame.be16(0), frame.be16(8), frame.u8(10));
    case kPpp:
    case kPppHdlc: return ppp(frame, 0);
    case kPppEther: return ppp_protocol(frame, 6);
    case kPppPppd:
    case kPppWithDirection: return ppp(frame, 1, sent_or_received(frame.u8(0) != 0));
    case kSlip: return frame.ip_at(16, sent_or_received(frame.u8(0) != 0));
    case kCiscoHdlc: return by_ethertype(frame, 4, frame.be16(2));
    case kIpOverInfiniband: return by_ethertype(frame, 44, frame.be16(40));
    case kNflog: return nflog(frame);
    case kIeee80211: return wireless(frame, 0);
    case kRadiotap: return wireless(frame, frame.le16(2));
    case kPrism: return wireless(frame, 144);
    case kAvs: return wireless(frame, frame.be32(4));
    case kPpi: return ppi(frame);
    case kBroadcomTag: return tagged(frame, 4, way_of_broadcom_tag(frame.u8(kAddresses)));
    case kDsa: return tagged(frame, 4, way_of_dsa_tag(frame.u8(kAddresses)));
    case kEdsa: return tagged(frame, 8, way_of_dsa_tag(frame.u8(kAddresses + 4)));
    case kBroadcomTagInFront: return {true, REC_START_LINK, std::min<size_t>(4, frame.size())};
    default: return frame.none();
  }
}

}  // namespace

LinkLayer link_layer_of(uint16_t link_type, std::span<const std::byte> frame, bool swapped) {
  Frame bytes(frame, swapped);
  LinkLayer link = of_type(link_type, bytes);
  if (bytes.cut()) {  // before it could be told; then it is a packet of which nothing was kept
    link.is_understood = true;
    link.size = frame.size();
    link.pkt_type.reset();
  }
  return link;
}

}  // namespace skbtrail::recording
