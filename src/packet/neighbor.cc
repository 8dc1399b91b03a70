// The options of neighbor discovery (RFC 4861 section 4.6; RDNSS and DNSSL RFC 8106; PREF64 RFC 8781), and what a
// router advertisement says besides.
//
//    0      1      2                8*len          router advertisement
//   +------+------+--- - - - - - --+                4           5       6          8
//   | type | len  | body           |               +-----------+-------+----------+-----------+---------+
//   +------+------+--- - - - - - --+               | hop limit | flags | lifetime | reachable | retrans |
//    len: 8-byte units, with type and len          +-----------+-------+----------+-----------+---------+
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

enum Message : uint8_t { kRouterSolicitation = 133, kRouterAdvertisement = 134, kRedirect = 137 };

enum Type : uint8_t {
  kSourceLinkAddress = 1,
  kTargetLinkAddress = 2,
  kPrefix = 3,
  kRedirected = 4,
  kMtu = 5,
  kRdnss = 25,
};

constexpr size_t kMostOptions = 8;
constexpr uint32_t kMacOptionLen = 8;

uint32_t options_begin(uint8_t type) {
  switch (type) {
    case kRouterSolicitation: return 8;
    case kRouterAdvertisement: return 16;
    case kRedirect: return 40;
    default: return 24;  // after the target
  }
}

struct NeighborOption {
  uint8_t type = 0;
  uint32_t len = 0;
  Cursor body;
};

// False at the end of the options and where one is not whole; `options` tells which. One that ends where the packet
// does needs not to be copied in whole: what it holds may be a packet.
enum class Read : uint8_t { option, end, cut, bad };
Read read_neighbor_option(Cursor& options, NeighborOption& option) noexcept {
  uint8_t units = 0;
  if (options.packet_left() == 0u) return Read::end;
  const std::optional<uint32_t> left = options.packet_left();
  if (!options.read(option.type)) return left ? Read::cut : Read::end;
  if (!options.read(units)) return Read::cut;
  option.len = units * 8u;
  if (units == 0 || (left && option.len > *left)) return Read::bad;
  option.body = options;
  option.body.narrow(option.len - 2);
  const bool name_only = option.type == kRedirected && left == option.len;
  return options.skip(name_only ? 0 : option.len - 2) ? Read::option : Read::cut;
}

void append_prefix(fmt::memory_buffer& out, Cursor body) {
  uint8_t bits = 0;
  IpAddress prefix;
  append(out, "prefix ");
  if (!(body.read(bits) && body.skip(13) && read_ipv6_address(body, prefix))) return append(out, "?");
  append_address(out, prefix);
  fmt::format_to(fmt::appender(out), "/{}", bits);
}

void append_link_address(fmt::memory_buffer& out, std::string_view what, const NeighborOption& option) {
  Cursor body = option.body;
  MacAddress mac;
  append(out, what);
  if (option.len == kMacOptionLen && body.read(mac.bytes)) return append_address(out, mac);
  append(out, "?");
}

void append_rdnss(fmt::memory_buffer& out, Cursor body) {
  IpAddress server;
  append(out, "rdnss ");
  if (!(body.skip(6) && read_ipv6_address(body, server))) return append(out, "?");
  append_address(out, server);
  if (body.packet_left() != 0u) append(out, " ...");
}

void append_option(fmt::memory_buffer& out, const NeighborOption& option) {
  Cursor body = option.body;
  uint32_t mtu = 0;
  switch (option.type) {
    case kSourceLinkAddress: return append_link_address(out, "source lladdr ", option);
    case kTargetLinkAddress: return append_link_address(out, "target lladdr ", option);
    case kPrefix: return append_prefix(out, body);
    case kRedirected: return append(out, "redirected packet");
    case kMtu:
      append(out, "mtu ");
      return append_known(out, body.skip(2) && body.read(mtu) ? std::optional<uint32_t>(mtu) : std::nullopt);
    case kRdnss: return append_rdnss(out, body);
    case 14: return append(out, "nonce");
    case 24: return append(out, "route");
    case 31: return append(out, "dnssl");
    case 37: return append(out, "captive portal");
    case 38: return append(out, "pref64");
    default: fmt::format_to(fmt::appender(out), "option {}", option.type);
  }
}

void append_router(fmt::memory_buffer& out, const Icmp& icmp) {
  const uint8_t flags = static_cast<uint8_t>(icmp.rest >> 16);
  fmt::format_to(fmt::appender(out), "hop limit {}, lifetime {}s", icmp.rest >> 24, icmp.rest & 0xffff);
  if (flags & 0x80) append(out, ", managed");
  if (flags & 0x40) append(out, ", other");
  if (flags & 0x20) append(out, ", home agent");
  constexpr const char* kPreferences[] = {"", ", pref high", "", ", pref low"};
  append(out, kPreferences[flags >> 3 & 3]);
}

}  // namespace

void dissect_neighbor(Cursor& cursor, Packet& packet) noexcept {
  Icmp& icmp = *packet.icmp;
  if (icmp.type == kRouterAdvertisement && !cursor.skip(8)) return stop(packet, Layer::icmp6, cursor);
  NeighborOption option{.body = cursor};
  for (size_t i = 0; i < kMostOptions; ++i) {
    switch (read_neighbor_option(cursor, option)) {
      case Read::end: return;
      case Read::cut: return stop(packet, Layer::icmp6, cursor);
      case Read::bad: return stop(packet, Layer::icmp6, Problem::bad_option, option.type, option.len);
      case Read::option: break;
    }
    const bool link_address = option.type == kSourceLinkAddress || option.type == kTargetLinkAddress;
    MacAddress mac;
    if (link_address && option.len == kMacOptionLen && !icmp.lladdr && option.body.read(mac.bytes)) icmp.lladdr = mac;
  }
}

void append_neighbor(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Icmp& icmp = *packet.icmp;
  Cursor options = upper_cursor(from, packet);
  const size_t begin = out.size();
  append(out, " (");
  bool first = icmp.type != kRouterAdvertisement;
  if (!first) append_router(out, icmp);
  if (options.skip(options_begin(icmp.type))) {
    NeighborOption option{.body = options};
    for (size_t i = 0; i < kMostOptions && read_neighbor_option(options, option) == Read::option; ++i) {
      if (!first) append(out, ", ");
      first = false;
      append_option(out, option);
    }
  }
  append(out, ")");
  if (first) out.resize(begin);
}

}  // namespace skbtrail::packet
