// Builds packets for tests: headers from the outside in, one call each, then bytes(). Lengths, next-protocol
// numbers and checksums are filled in at the end and are right unless a call overrides them.
//
//   PacketBuilder().ethernet().vlan(10).ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 80, {.flags = 0x02}).bytes()
//
// A header may follow any other, so tunnels can be built too: checksums use the nearest IP header before. Raw
// bytes, among them what an ICMP error quotes, go in with payload(). Knows nothing of src/packet: it must not
// share faults with what it tests.
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace skbtrail::test {

using ByteVector = std::vector<uint8_t>;

inline void put8(ByteVector& to, unsigned value) {
  to.push_back(static_cast<uint8_t>(value));
}
inline void put16(ByteVector& to, unsigned value) {
  put8(to, value >> 8), put8(to, value);
}
inline void put32(ByteVector& to, uint32_t value) {
  put16(to, value >> 16), put16(to, value & 0xffff);
}
inline void put(ByteVector& to, const ByteVector& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}
inline void set16(ByteVector& in, size_t at, unsigned value) {
  in.at(at) = static_cast<uint8_t>(value >> 8);
  in.at(at + 1) = static_cast<uint8_t>(value);
}

inline ByteVector address_bytes(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  ByteVector bytes(v6 ? 16 : 4);
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1) throw std::invalid_argument(text);
  return bytes;
}

// The Internet checksum (RFC 1071) of bytes in which the checksum field is 0 (or right: then it is 0).
inline uint16_t internet_checksum(const ByteVector& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? uint32_t{bytes[i]} << 8 : bytes[i];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

struct Ipv4Fields {
  uint8_t ttl = 64;
  uint8_t tos = 0;
  uint16_t id = 1;
  bool dont_fragment = true;
  bool more_fragments = false;
  uint16_t fragment_offset = 0;  // bytes
  ByteVector options = {};       // padded to a multiple of 4 with end-of-list
  std::optional<uint8_t> protocol = std::nullopt;
  std::optional<uint16_t> total_len = std::nullopt;
};

struct Ipv6Fields {
  uint8_t hop_limit = 64;
  uint8_t traffic_class = 0;
  uint32_t flow_label = 0;
  std::optional<uint8_t> next_header = std::nullopt;
  std::optional<uint16_t> payload_len = std::nullopt;
};

struct TcpFields {
  uint32_t seq = 1;
  uint32_t ack = 0;
  uint16_t flags = 0x02;
  uint16_t window = 64240;
  uint16_t urgent = 0;
  ByteVector options = {};  // padded to a multiple of 4 with end-of-list
};

struct UdpFields {
  std::optional<uint16_t> length = std::nullopt;
};

struct ArpFields {
  uint16_t operation = 1;
  std::string sender_mac = "02:00:00:00:00:01", sender_ip = "10.0.0.1";
  std::string target_mac = "00:00:00:00:00:00", target_ip = "10.0.0.2";
};

class PacketBuilder {
 public:
  PacketBuilder& ethernet(const std::string& src = "02:00:00:00:00:01", const std::string& dst = "02:00:00:00:00:02",
                          std::optional<uint16_t> ethertype = std::nullopt) {
    ByteVector header = mac_bytes(dst);
    put(header, mac_bytes(src));
    put16(header, ethertype.value_or(0));
    return add({Kind::ethernet, std::move(header), 0, 0, ethertype.has_value()});
  }

  PacketBuilder& vlan(unsigned id, unsigned priority = 0, unsigned tpid = 0x8100, bool drop_eligible = false) {
    ByteVector header;
    put16(header, id | priority << 13 | (drop_eligible ? 0x1000u : 0u));
    put16(header, 0);
    return add({Kind::vlan, std::move(header), tpid, 0, false});
  }

  PacketBuilder& arp(const ArpFields& fields = {}) {
    ByteVector header;
    put16(header, 1), put16(header, 0x0800), put8(header, 6), put8(header, 4), put16(header, fields.operation);
    put(header, mac_bytes(fields.sender_mac));
    put(header, address_bytes(fields.sender_ip));
    put(header, mac_bytes(fields.target_mac));
    put(header, address_bytes(fields.target_ip));
    return add({Kind::raw, std::move(header), 0x0806, 0, false});
  }

  PacketBuilder& ipv4(const std::string& src, const std::string& dst, const Ipv4Fields& fields = {}) {
    ByteVector options = padded(fields.options);
    ByteVector header;
    put8(header, 0x40 | static_cast<unsigned>(5 + options.size() / 4));
    put8(header, fields.tos);
    put16(header, fields.total_len.value_or(0)), put16(header, fields.id);
    put16(header,
          (fields.dont_fragment ? 0x4000u : 0u) | (fields.more_fragments ? 0x2000u : 0u) | fields.fragment_offset / 8u);
    put8(header, fields.ttl), put8(header, fields.protocol.value_or(0)), put16(header, 0);
    put(header, address_bytes(src));
    put(header, address_bytes(dst));
    put(header, options);
    Part part{Kind::ipv4, std::move(header), 0x0800, 4, fields.protocol.has_value()};
    part.length_fixed = fields.total_len.has_value();
    return add(std::move(part));
  }

  PacketBuilder& ipv6(const std::string& src, const std::string& dst, const Ipv6Fields& fields = {}) {
    ByteVector header;
    put32(header, 6u << 28 | uint32_t{fields.traffic_class} << 20 | fields.flow_label);
    put16(header, fields.payload_len.value_or(0));
    put8(header, fields.next_header.value_or(59)), put8(header, fields.hop_limit);
    put(header, address_bytes(src));
    put(header, address_bytes(dst));
    Part part{Kind::ipv6, std::move(header), 0x86dd, 41, fields.next_header.has_value()};
    part.length_fixed = fields.payload_len.has_value();
    return add(std::move(part));
  }

  // Options of `len` bytes in all (a multiple of 8), filled with one PadN.
  PacketBuilder& hop_by_hop(unsigned len = 8) { return add(options_header(len, 0)); }
  PacketBuilder& destination_options(unsigned len = 8) { return add(options_header(len, 60)); }

  PacketBuilder& routing(unsigned type, unsigned segments_left, const std::vector<std::string>& addresses) {
    ByteVector header;
    put8(header, 59), put8(header, static_cast<unsigned>(2 * addresses.size()));
    put8(header, type), put8(header, segments_left), put32(header, 0);
    for (const std::string& address : addresses) put(header, address_bytes(address));
    return add({Kind::extension, std::move(header), 0, 43, false});
  }

  // Of another kind, as it is but for its first byte, which says what follows: mobility, HIP, AH.
  PacketBuilder& extension(unsigned protocol, ByteVector header) {
    return add({Kind::extension, std::move(header), 0, protocol, false});
  }
  // With a check value of so many bytes (a multiple of 4).
  PacketBuilder& authentication(unsigned check_len = 12) {
    ByteVector header;
    put8(header, 59), put8(header, 1 + check_len / 4), put16(header, 0), put32(header, 0x1234), put32(header, 1);
    header.resize(header.size() + check_len);
    return extension(51, std::move(header));
  }

  // `next_header` where no header follows: a later fragment.
  PacketBuilder& fragment(unsigned offset, bool more, uint32_t id, std::optional<uint8_t> next_header = {}) {
    ByteVector header;
    put8(header, next_header.value_or(59)), put8(header, 0), put16(header, offset | (more ? 1u : 0u));
    put32(header, id);
    return add({Kind::extension, std::move(header), 0, 44, next_header.has_value()});
  }

  PacketBuilder& tcp(unsigned src, unsigned dst, const TcpFields& fields = {}) {
    ByteVector options = padded(fields.options);
    ByteVector header;
    put16(header, src), put16(header, dst), put32(header, fields.seq), put32(header, fields.ack);
    put16(header, static_cast<unsigned>(5 + options.size() / 4) << 12 | fields.flags);
    put16(header, fields.window), put16(header, 0), put16(header, fields.urgent);
    put(header, options);
    return add({Kind::tcp, std::move(header), 0, 6, false});
  }

  PacketBuilder& udp(unsigned src, unsigned dst, const UdpFields& fields = {}) {
    ByteVector header;
    put16(header, src), put16(header, dst), put16(header, fields.length.value_or(0)), put16(header, 0);
    Part part{Kind::udp, std::move(header), 0, 17, false};
    part.length_fixed = fields.length.has_value();
    return add(std::move(part));
  }

  // `rest`: the word after the checksum. What follows it goes in with payload().
  PacketBuilder& icmp(unsigned type, unsigned code, uint32_t rest) { return add(icmp_part(type, code, rest, 1)); }
  PacketBuilder& icmp6(unsigned type, unsigned code, uint32_t rest) { return add(icmp_part(type, code, rest, 58)); }

  PacketBuilder& payload(ByteVector bytes) { return add({Kind::raw, std::move(bytes), 0, 0, false}); }
  PacketBuilder& payload(size_t len) { return payload(ByteVector(len, 'x')); }

  ByteVector bytes() const {
    ByteVector body;
    for (size_t i = parts_.size(); i-- > 0;) {
      ByteVector whole = finished(i, body);
      put(whole, body);
      fill_checksum(i, whole);
      body = std::move(whole);
    }
    return body;
  }

  static ByteVector mac_bytes(const std::string& text) {
    ByteVector bytes;
    for (size_t at = 0; at < text.size(); at += 3) {
      bytes.push_back(static_cast<uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
    }
    if (bytes.size() != 6) throw std::invalid_argument(text);
    return bytes;
  }

 private:
  enum class Kind { ethernet, vlan, ipv4, ipv6, extension, tcp, udp, icmp, raw };

  struct Part {
    Kind kind;
    ByteVector header;
    unsigned ethertype;  // by which a link header announces this part; 0: none
    unsigned protocol;   // by which an IP header announces this part
    bool next_fixed;     // what follows was said by the test
    bool length_fixed = false;
  };

  PacketBuilder& add(Part part) {
    parts_.push_back(std::move(part));
    return *this;
  }

  static ByteVector padded(ByteVector options) {
    while (options.size() % 4 != 0) options.push_back(0);
    return options;
  }

  static Part options_header(unsigned len, unsigned protocol) {
    ByteVector header;
    put8(header, 59), put8(header, len / 8 - 1), put8(header, 1), put8(header, len - 4);
    header.resize(len);
    return {Kind::extension, std::move(header), 0, protocol, false};
  }

  static Part icmp_part(unsigned type, unsigned code, uint32_t rest, unsigned protocol) {
    ByteVector header;
    put8(header, type), put8(header, code), put16(header, 0), put32(header, rest);
    return {Kind::icmp, std::move(header), 0, protocol, false};
  }

  // The header of part `i` with the length of `body` and the number of what follows.
  ByteVector finished(size_t i, const ByteVector& body) const {
    const Part& part = parts_[i];
    const Part* next = i + 1 < parts_.size() ? &parts_[i + 1] : nullptr;
    const bool announces = next != nullptr && !part.next_fixed;
    const bool ip_follows = announces && next->kind != Kind::raw && next->kind != Kind::ethernet;
    ByteVector header = part.header;
    switch (part.kind) {
      case Kind::ethernet:
        if (announces && next->ethertype != 0) set16(header, 12, next->ethertype);
        break;
      case Kind::vlan:
        if (announces) set16(header, 2, next->ethertype);
        break;
      case Kind::ipv4:
        if (!part.length_fixed) set16(header, 2, static_cast<unsigned>(header.size() + body.size()));
        if (ip_follows) header[9] = static_cast<uint8_t>(next->protocol);
        set16(header, 10, internet_checksum(header));
        break;
      case Kind::ipv6:
        if (!part.length_fixed) set16(header, 4, static_cast<unsigned>(body.size()));
        if (ip_follows) header[6] = static_cast<uint8_t>(next->protocol);
        break;
      case Kind::extension:
        if (ip_follows) header[0] = static_cast<uint8_t>(next->protocol);
        break;
      case Kind::udp:
        if (!part.length_fixed) set16(header, 4, static_cast<unsigned>(header.size() + body.size()));
        break;
      default: break;
    }
    return header;
  }

  void fill_checksum(size_t i, ByteVector& whole) const {
    const Part& part = parts_[i];
    if (part.kind == Kind::icmp && part.protocol == 1) return set16(whole, 2, internet_checksum(whole));
    if (part.kind == Kind::icmp) return set16(whole, 2, pseudo_checksum(i, whole));
    if (part.kind == Kind::tcp) return set16(whole, 16, pseudo_checksum(i, whole));
    if (part.kind != Kind::udp) return;
    const uint16_t sum = pseudo_checksum(i, whole);
    set16(whole, 6, sum == 0 ? 0xffff : sum);
  }

  // Over the upper header, its payload and the pseudo header (RFC 793 3.1, RFC 8200 8.1).
  uint16_t pseudo_checksum(size_t i, const ByteVector& whole) const {
    ByteVector summed;
    for (size_t ip = i; ip-- > 0;) {
      const ByteVector& header = parts_[ip].header;
      if (parts_[ip].kind != Kind::ipv4 && parts_[ip].kind != Kind::ipv6) continue;
      const bool v4 = parts_[ip].kind == Kind::ipv4;
      summed.assign(header.begin() + (v4 ? 12 : 8), header.begin() + (v4 ? 20 : 40));
      break;
    }
    put32(summed, static_cast<uint32_t>(whole.size()));
    put32(summed, parts_[i].protocol);
    put(summed, whole);
    return internet_checksum(summed);
  }

  std::vector<Part> parts_;
};

}  // namespace skbtrail::test
