// Header bytes of an skb, as BPF copied them, to decoded headers and to a one-line summary like tcpdump
// -nn's.
//
// What a newcomer gets wrong: the bytes are nearly always fewer than the packet, and that is no fault. A
// length in a Packet is what the headers say, never what was copied. What could not be decoded is absent (an
// empty optional, "?" in the text), not zero; why decoding stopped is in Packet::fault. Headers before
// that point are valid.
//
// A packet may carry another one (a tunnel). A Packet is one of them, the outermost unless you walk further in: it
// tells where in the bytes the next one begins (Packet::inner), and a Walk dissects that. VLAN tags, MPLS labels and
// PPPoE are before a packet's IP header and are part of that packet.
//
// All numbers are in host order, all lengths in bytes. A Packet keeps no pointer to the bytes; where it holds an
// Offset or a Position, what is there is still in them. Nothing here throws except for lack of memory in the append
// functions; dissect() allocates nothing. No global state: any number of threads may call in.
//
// A further protocol is one more file: see protocol.h.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "packet/address.h"
#include "packet/message.h"
#include "packet/protocol_names.h"

namespace skbtrail::packet {

// Where the copied bytes begin.
enum class Start : uint8_t { none = 0, link = 2, network = 3 };

struct VlanTag {
  uint16_t tpid = 0;
  uint16_t tci = 0;

  uint16_t vlan_id() const noexcept { return tci & 0x0fff; }
  uint8_t priority() const noexcept { return static_cast<uint8_t>(tci >> 13); }
  bool drop_eligible() const noexcept { return (tci & 0x1000) != 0; }
  bool operator==(const VlanTag&) const = default;
};

// The input of dissect(). The bytes are borrowed for the call only.
struct Bytes {
  std::span<const uint8_t> bytes = {};
  Start start = Start::none;
  uint16_t ethertype = 0;  // skb->protocol, read with Start::network; 0: told by the IP version nibble
  uint32_t wire_len = 0;   // of the whole packet, counted from the first of `bytes`; 0: unknown
  std::optional<VlanTag> accelerated = std::nullopt;  // the tag in the skb: outside of all tags in the bytes
  // The bytes are no packet's: they were made from what a socket knows before headers are written. Checksums, window,
  // TTL and identification in them mean nothing.
  bool made = false;
};

// Where in the bytes something begins. Equal packets may be at different offsets: any two are equal.
struct Offset {
  uint32_t bytes = 0;

  bool operator==(const Offset&) const noexcept { return true; }
};

// The header where a fault lies.
enum class Layer : uint8_t {
  none,
  ethernet,
  vlan,
  network,
  arp,
  ipv4,
  ipv6,
  hop_by_hop,
  routing,
  fragment,
  dest_options,
  tcp,
  udp,
  icmp,
  icmp6,
  quoted,  // the packet in an ICMP error

  mpls,
  pppoe,
  ppp,
  gre,
  ah,
  esp,
  llc,
  snap,
  stp,
  lldp,
  inner,  // packets in packets

  mobility,
  hip,
  shim6,
  igmp,
  sctp,
  dccp,
  udplite,
  // From 128 on: one of the protocols in protocol/, see layer_of() in protocol.h.
};

enum class Problem : uint8_t {
  none,
  no_bytes,      // nothing was copied: Start::none
  cut,           // our copy ends inside the header: a larger snap length would show more
  short_packet,  // the packet itself ends inside the header
  bad_version,   // found: the header's version; bound: the one expected
  // found: the header's own length; bound: the least or, if found is larger, the most it may be
  bad_header_length,
  bad_length,    // found: the length of header and payload; bound: as above
  bad_type,      // found: the type of an element; bound: the one that must be there
  bad_option,    // found: the option's number; bound: its length field
  bad_name,      // a DNS name that is none: a bad label, a pointer that does not lead back, or more than 255 bytes
  bad_encoding,  // what must be there has another tag, or a length that is never sent
  too_deep,      // more tags, labels, extension headers or packets in one another than bound; the rest was not walked
};

// Why decoding stopped early, and where.
struct Fault {
  Problem problem = Problem::none;
  Layer layer = Layer::none;
  uint32_t found = 0;
  uint32_t bound = 0;

  explicit operator bool() const noexcept { return problem != Problem::none; }
  bool operator==(const Fault&) const = default;
};

struct Ethernet {
  MacAddress dst;
  MacAddress src;

  bool operator==(const Ethernet&) const = default;
};

// The addresses of an ARP packet between Ethernet and IPv4 addresses.
struct ArpAddresses {
  MacAddress sender_mac;
  IpAddress sender_ip;
  MacAddress target_mac;
  IpAddress target_ip;

  bool operator==(const ArpAddresses&) const = default;
};

struct Arp {
  uint16_t hardware_type = 0;
  uint16_t protocol_type = 0;
  uint8_t hardware_len = 0;
  uint8_t protocol_len = 0;
  uint16_t operation = 0;
  std::optional<ArpAddresses> addresses;  // absent for other kinds of address

  bool operator==(const Arp&) const = default;
};

// One IPv6 extension header that was walked over, in the order of the packet.
struct Extension {
  uint8_t protocol = 0;               // see is_extension() in extensions.cc
  uint8_t length_field = 0;           // as in the header: 8-byte units beyond the first; 0 for a fragment header
  uint8_t type = 0;                   // of a routing, mobility, HIP or shim6 header
  uint8_t segments_left = 0;          // routing header only
  std::optional<uint32_t> len_after;  // what the IP header leaves this header
  Offset begin;

  bool operator==(const Extension&) const = default;
};

constexpr size_t kMaxExtensions = 8;
constexpr size_t kMaxVlanTags = 4;

struct Ip {
  uint8_t version = 0;
  uint8_t tos = 0;       // traffic class in IPv6
  uint8_t ttl = 0;       // hop limit in IPv6
  uint8_t protocol = 0;  // the upper protocol, after all extension headers; after a fault among those, its header
  IpAddress src;
  IpAddress dst;
  std::optional<uint32_t> id;  // IPv6: only with a fragment header
  uint32_t flow_label = 0;     // IPv6
  bool dont_fragment = false;
  bool more_fragments = false;
  uint16_t fragment_offset = 0;  // bytes
  uint32_t header_len = 0;       // with options and walked extension headers
  // Both as the header says. If its field is 0 because the packet is larger than it can tell (segmentation
  // offload), as the packet's length says; absent if that is unknown too.
  std::optional<uint32_t> total_len;
  std::optional<uint32_t> payload_len;  // after header_len; absent if the header is faulty
  uint32_t missing_len = 0;             // bytes that the header promises and the packet (not the copy) lacks
  std::array<Extension, kMaxExtensions> extensions{};
  uint8_t extension_count = 0;
  bool has_options = false;  // IPv4; IPv6: more than padding in hop-by-hop or destination options
  Offset begin;              // the header
  Offset upper;              // what is after header_len

  bool is_fragment() const noexcept { return more_fragments || fragment_offset != 0; }
  bool operator==(const Ip&) const = default;
};

// Of TCP and UDP. Apart from them, because ports are often whole where the copy ends inside the header.
struct Ports {
  uint16_t src = 0;
  uint16_t dst = 0;

  bool operator==(const Ports&) const = default;
};

enum TcpFlag : uint16_t {
  kTcpFin = 0x001,
  kTcpSyn = 0x002,
  kTcpRst = 0x004,
  kTcpPush = 0x008,
  kTcpAck = 0x010,
  kTcpUrg = 0x020,
  kTcpEce = 0x040,
  kTcpCwr = 0x080,
  kTcpAe = 0x100,
};

struct Tcp {
  uint32_t seq = 0;
  uint32_t ack = 0;
  uint16_t flags = 0;   // TcpFlag bits
  uint16_t window = 0;  // not scaled
  uint16_t checksum = 0;
  uint16_t urgent = 0;
  uint8_t header_len = 0;  // with options
  uint32_t sack_base = 0;  // what SACK blocks are shown relative to, where they lie after it

  bool operator==(const Tcp&) const = default;
};

struct Udp {
  uint16_t length = 0;  // the field: header and payload of the datagram, all its fragments together
  uint16_t checksum = 0;

  bool operator==(const Udp&) const = default;
};

// The packet that an ICMP error is about, as far as it is quoted.
struct Quoted {
  IpAddress src;
  IpAddress dst;
  uint8_t protocol = 0;
  std::optional<Ports> ports;
  std::optional<uint32_t> tcp_seq;
  std::optional<uint32_t> echo;       // identifier and sequence number of an ICMP echo, as one word
  std::optional<uint32_t> total_len;  // as its IP header says

  bool operator==(const Quoted&) const = default;
};

struct Icmp {
  bool v6 = false;
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t checksum = 0;
  uint32_t rest = 0;                     // the word after the checksum; what it means depends on the type
  std::optional<IpAddress> target;       // neighbor discovery: target; multicast listener: group
  std::optional<IpAddress> destination;  // ICMPv6 redirect
  std::optional<Quoted> quoted;          // errors
  std::optional<MacAddress> lladdr;      // neighbor discovery: the first link-layer address in its options

  bool is_echo() const noexcept;
  bool is_echo_request() const noexcept;
  bool is_error() const noexcept;
  uint16_t id() const noexcept { return static_cast<uint16_t>(rest >> 16); }      // echo and the like
  uint16_t seq() const noexcept { return static_cast<uint16_t>(rest & 0xffff); }  // echo and the like
  bool operator==(const Icmp&) const = default;
};

// What is between the link header and IP, besides VLAN tags -------------------------------------------------------

constexpr size_t kMaxMplsLabels = 6;

struct MplsLabel {
  uint32_t word = 0;  // as in the packet

  uint32_t label() const noexcept { return word >> 12; }
  uint8_t traffic_class() const noexcept { return word >> 9 & 7; }
  bool bottom() const noexcept { return (word & 0x100) != 0; }
  uint8_t ttl() const noexcept { return static_cast<uint8_t>(word); }
  bool operator==(const MplsLabel&) const = default;
};

struct Mpls {
  std::array<MplsLabel, kMaxMplsLabels> stack{};  // outermost first
  uint8_t count = 0;

  std::span<const MplsLabel> labels() const noexcept { return {stack.data(), count}; }
  bool operator==(const Mpls&) const = default;
};

struct Pppoe {
  uint8_t code = 0;  // 0: a packet of the session; else discovery
  uint16_t session = 0;
  std::optional<uint16_t> ppp_protocol;  // of the session

  bool is_session() const noexcept { return code == 0; }
  bool operator==(const Pppoe&) const = default;
};

// The authentication header (IPsec). What follows it is decoded as if it were not there.
struct AuthenticationHeader {
  uint32_t spi = 0;
  uint32_t seq = 0;

  bool operator==(const AuthenticationHeader&) const = default;
};

// Headers of tunnels and of link protocols: a packet has at most one ------------------------------------------------

struct Gre {
  uint16_t flags = 0;     // the header's first word, with the version
  uint16_t protocol = 0;  // an Ethernet type
  std::optional<uint32_t> key;
  std::optional<uint32_t> seq;
  uint16_t checksum_offset = 0;  // the word beside the checksum

  uint8_t version() const noexcept { return flags & 7; }
  bool has_checksum() const noexcept { return (flags & 0xc000) != 0; }
  bool operator==(const Gre&) const = default;
};

struct Esp {
  uint32_t spi = 0;
  uint32_t seq = 0;
  bool in_udp = false;

  bool operator==(const Esp&) const = default;
};

// A piece of the bytes that the packet was dissected from.
struct Position {
  uint32_t begin = 0;
  uint32_t len = 0;

  bool operator==(const Position&) const = default;
};

struct Llc {
  uint8_t dsap = 0;
  uint8_t ssap = 0;
  uint8_t control = 0;
  bool snap = false;
  uint32_t oui = 0;       // with snap
  uint16_t protocol = 0;  // with snap: a number that the owner of the OUI gave

  bool operator==(const Llc&) const = default;
};

// A bridge PDU of the spanning tree.
struct Stp {
  uint8_t version = 0;  // 0: STP, 2: RSTP, 3: MSTP
  uint8_t type = 0;
  uint8_t flags = 0;
  // All below is absent in a topology change notification: has_vector is then false.
  bool has_vector = false;
  uint16_t root_priority = 0;
  uint16_t bridge_priority = 0;
  uint16_t port = 0;
  MacAddress root;
  MacAddress bridge;
  uint32_t cost = 0;

  bool operator==(const Stp&) const = default;
};

struct Lldp {
  uint8_t chassis_kind = 0;  // subtype of the id, which says what it is
  uint8_t port_kind = 0;
  uint16_t ttl_s = 0;
  Position chassis;
  Position port;
  std::optional<Position> name;  // of the system

  bool operator==(const Lldp&) const = default;
};

using Carried = std::variant<std::monostate, Gre, Esp, Llc, Stp, Lldp>;

// By what a packet is carried in another one.
enum class Tunnel : uint8_t { none, ipip, sixin4, fourin6, ip6ip6, gre };

// Where a packet in a packet begins.
struct Inner {
  Tunnel tunnel = Tunnel::none;  // none where the message or the inner packet tells
  Start start = Start::none;
  uint16_t ethertype = 0;       // with Start::network
  uint32_t offset = 0;          // from the first byte of the packet that carries it
  std::optional<uint32_t> len;  // by the headers around it and by the packet's length; never 0

  bool operator==(const Inner&) const = default;
};

// Of all messages that end in a group.
struct Igmp {
  uint8_t type = 0;
  uint8_t max_resp = 0;  // tenths of a second; above 127, in version 3, a floating point number
  uint32_t group = 0;    // not of a version 3 report
  uint16_t records = 0;  // of a version 3 report
  uint16_t sources = 0;  // of a version 3 query
  bool v3_query = false;

  bool operator==(const Igmp&) const = default;
};

// Chunks stay in the bytes: see texts.h.
struct Sctp {
  uint32_t tag = 0;

  bool operator==(const Sctp&) const = default;
};

struct Dccp {
  uint8_t type = 0;
  uint8_t reset_code = 0;  // of a reset
  uint32_t service = 0;    // of a request and a response
  uint64_t seq = 0;        // 24 or 48 bits
  std::optional<uint64_t> ack;

  bool operator==(const Dccp&) const = default;
};

// UDP-Lite.
struct UdpLite {
  uint16_t coverage = 0;  // bytes that the checksum covers; 0: all

  bool operator==(const UdpLite&) const = default;
};

using Transport = std::variant<std::monostate, Igmp, Sctp, Dccp, UdpLite>;

// A piece of the bytes.
struct Piece {
  Offset begin;
  uint32_t len = 0;

  bool operator==(const Piece&) const = default;
};

struct Packet {
  std::optional<Ethernet> ethernet;
  std::array<VlanTag, kMaxVlanTags> vlan_tags{};  // outermost first
  uint8_t vlan_count = 0;
  // After all tags, labels and PPPoE; up to kMaxEtherLength it is an 802.3 length.
  std::optional<uint16_t> ethertype;
  bool made = false;                  // see Bytes::made
  std::optional<uint32_t> frame_len;  // from the start of the bytes; of a frame, with an accelerated tag
  std::optional<Arp> arp;
  std::optional<Ip> ip;
  std::optional<Ports> ports;
  std::optional<Tcp> tcp;
  std::optional<Udp> udp;
  std::optional<Icmp> icmp;
  std::optional<uint32_t> payload_len;  // after the innermost decoded header
  Fault fault;

  std::optional<Mpls> mpls;
  std::optional<Pppoe> pppoe;
  std::optional<AuthenticationHeader> ah;
  Carried carried;
  std::optional<Inner> inner;  // present beside a fault only if that is a bad option, which hides nothing

  Transport transport;
  Message message;

  std::span<const VlanTag> vlans() const noexcept { return {vlan_tags.data(), vlan_count}; }
  std::optional<uint16_t> src_port() const noexcept { return ports ? std::optional(ports->src) : std::nullopt; }
  std::optional<uint16_t> dst_port() const noexcept { return ports ? std::optional(ports->dst) : std::nullopt; }
  bool operator==(const Packet&) const = default;
};

// The packet that begins with the bytes; not the ones in it.
Packet dissect(const Bytes& from) noexcept;

constexpr unsigned kMaxPackets = 4;  // in one another

// From a packet to the one in it:
//
//   Walk walk(bytes, packet);
//   do use(walk.packet()); while (walk.next());
//
// Borrows both for its life. The packet of the last permitted depth has the fault too_deep if it carries another one.
class Walk {
 public:
  Walk(const Bytes& from, const Packet& outermost) noexcept : from_(from), packet_(&outermost) {}
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  [[nodiscard]] const Packet& packet() const noexcept { return *packet_; }
  [[nodiscard]] const Bytes& bytes() const noexcept { return from_; }  // those of packet()
  [[nodiscard]] unsigned depth() const noexcept { return depth_; }     // 1: the outermost

  // False, and nothing changes, if packet() carries none.
  bool next() noexcept;

 private:
  Bytes from_;
  const Packet* packet_;
  Packet inner_;
  unsigned depth_ = 1;
};

// One line without a line end, with all packets that `outermost` carries; never empty.
void append_summary(fmt::memory_buffer& out, const Bytes& from, const Packet& outermost);

// The fault as a phrase ("copy ends inside the tcp header"); nothing if there is none.
void append_fault(fmt::memory_buffer& out, const Fault& fault);

// The same of `outermost` or of the packet in it that has one ("inner packet: copy ends ...").
void append_fault(fmt::memory_buffer& out, const Bytes& from, const Packet& outermost);

// As in tcpdump's markers: "ip", "ip6", "tcp", "icmp6".
std::string_view layer_name(Layer layer) noexcept;

// What all packets are carried in, outermost first, joined by commas: "pppoe,ipip"; nothing if in nothing.
void append_tunnels(fmt::memory_buffer& out, const Bytes& from, const Packet& outermost);

// One line without what surrounds the PDU.
void append_stp(fmt::memory_buffer& out, const Stp& stp);

// `from`: what the packet was dissected from. An id is an address where its kind says so, else the text in it; what is
// not printable is a dot.
void append_lldp_chassis(fmt::memory_buffer& out, const Bytes& from, const Lldp& lldp);
void append_lldp_port(fmt::memory_buffer& out, const Bytes& from, const Lldp& lldp);
void append_lldp_name(fmt::memory_buffer& out, const Bytes& from, const Lldp& lldp);

}  // namespace skbtrail::packet
