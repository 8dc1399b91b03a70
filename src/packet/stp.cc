// Bridge PDUs of the spanning tree (IEEE 802.1D-2004 clause 9, 802.1Q clause 14).
//
//    0          2     3      4       5      13     17       25     27    ...  35
//   +----------+-----+------+-------+------+------+--------+------+-----------+--- -
//   | protocol | ver | type | flags | root | cost | bridge | port | times     | RSTP, MSTP: more
//   |  0       |     |      |       | id 8 |      | id 8   | id   |           |
//   +----------+-----+------+-------+------+------+--------+------+-----------+--- -
//    MSTP: the second id is the regional root's, the sender's is far after (802.1Q-2018 14.4)
//    an id is a priority (2) and a MAC address (6); a topology change notification ends after its type
//    flags: 01 topology change, 02 proposal, 0c port role, 10 learning, 20 forwarding, 40 agreement, 80 acknowledged
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

enum Version : uint8_t { kStp = 0, kRapid = 2, kMultiple = 3, kShortestPath = 4 };
enum Type : uint8_t { kConfig = 0, kRapidOrMultiple = 2, kTopologyChange = 0x80 };

bool read_bridge_id(Cursor& cursor, uint16_t& priority, MacAddress& address) noexcept {
  return cursor.read(priority) && cursor.read(address.bytes);
}

const char* version_name(const Stp& stp) {
  switch (stp.version) {
    case kStp: return "STP 802.1d";
    case kRapid: return "STP 802.1w";
    case kMultiple: return "STP 802.1s";
    case kShortestPath: return "STP 802.1aq";
    default: return "STP";
  }
}

const char* type_name(const Stp& stp) {
  switch (stp.type) {
    case kConfig: return "Config";
    case kTopologyChange: return "Topology Change";
    case kRapidOrMultiple: return "Rapid STP";
    default: return "Unknown";
  }
}

struct FlagName {
  uint8_t flag;
  std::string_view name;
};
constexpr FlagName kFlagNames[] = {
    {0x01, "Topology change"}, {0x02, "Proposal"},  {0x10, "Learn"},
    {0x20, "Forward"},         {0x40, "Agreement"}, {0x80, "Topology change ACK"},
};

void append_flags(fmt::memory_buffer& out, uint8_t flags) {
  append(out, ", Flags [");
  const size_t begin = out.size();
  for (const FlagName& flag : kFlagNames) {
    if ((flags & flag.flag) == 0) continue;
    if (out.size() > begin) append(out, ", ");
    append(out, flag.name);
  }
  append(out, out.size() == begin ? "none]" : "]");
}

void append_bridge_id(fmt::memory_buffer& out, std::string_view before, uint16_t priority, const MacAddress& address) {
  fmt::format_to(fmt::appender(out), "{}{:04x}.", before, priority);
  append_address(out, address);
}

}  // namespace

void dissect_stp(Cursor& cursor, Packet& packet) noexcept {
  const std::optional<uint32_t> len = cursor.packet_left();
  uint16_t protocol = 0;
  Stp stp;
  if (!(cursor.read(protocol) && cursor.read(stp.version) && cursor.read(stp.type))) {
    return stop(packet, Layer::stp, cursor);
  }
  if (protocol != 0) return stop(packet, Layer::stp, Problem::bad_version, protocol, 0);
  stp.has_vector = stp.type == kConfig || stp.type == kRapidOrMultiple;
  if (stp.has_vector &&
      !(cursor.read(stp.flags) && read_bridge_id(cursor, stp.root_priority, stp.root) && cursor.read(stp.cost) &&
        read_bridge_id(cursor, stp.bridge_priority, stp.bridge) && cursor.read(stp.port))) {
    return stop(packet, Layer::stp, cursor);
  }
  packet.carried = stp;
  packet.payload_len = len;
}

void append_stp(fmt::memory_buffer& out, const Stp& stp) {
  fmt::format_to(fmt::appender(out), "{}, {}", version_name(stp), type_name(stp));
  if (!stp.has_vector) return;
  append_flags(out, stp.flags);
  if (stp.version >= kMultiple) {
    append_bridge_id(out, ", regional-root-id ", stp.bridge_priority, stp.bridge);
    fmt::format_to(fmt::appender(out), ", port-id {:04x}", stp.port);
  } else {
    append_bridge_id(out, ", bridge-id ", stp.bridge_priority, stp.bridge);
    fmt::format_to(fmt::appender(out), ".{:04x}", stp.port);
  }
  append_bridge_id(out, ", root-id ", stp.root_priority, stp.root);
  fmt::format_to(fmt::appender(out), ", cost {}", stp.cost);
}

}  // namespace skbtrail::packet
