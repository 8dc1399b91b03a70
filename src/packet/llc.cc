// What follows an 802.3 length instead of an Ethernet type: LLC (IEEE 802.2), SNAP (IEEE 802), and by them STP, or a
// packet of any Ethernet type.
//
//    0      1      2         3     6          8
//   +------+------+---------+-----+----------+--- -
//   | DSAP | SSAP | control | OUI | protocol | ...      the last two with SNAP only: aa aa 03
//   +------+------+---------+-----+----------+--- -
//
// A short frame is padded to 60 bytes; the length says where it ends.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint8_t kSapStp = 0x42;
constexpr uint8_t kSapSnap = 0xaa;
constexpr uint8_t kUnnumbered = 0x03;
constexpr uint32_t kOuiEthernet = 0x000000;
constexpr uint32_t kOuiCisco = 0x00000c;
constexpr uint16_t kCiscoPvst = 0x010b;

const char* sap_name(uint8_t sap) {
  switch (sap & 0xfe) {
    case 0x00: return "Null";
    case 0x06: return "IP";
    case kSapStp: return "STP";
    case kSapSnap: return "SNAP";
    case 0xe0: return "IPX";
    case 0xf0: return "NetBeui";
    case 0xfe: return "ISO CLNS";
    default: return nullptr;
  }
}

const char* cisco_name(uint16_t protocol) {
  switch (protocol) {
    case 0x0104: return "PAgP";
    case kCiscoPvst: return "PVST";
    case 0x0111: return "UDLD";
    case 0x2000: return "CDP";
    case 0x2003: return "VTP";
    case 0x2004: return "DTP";
    default: return nullptr;
  }
}

void append_sap(fmt::memory_buffer& out, std::string_view before, uint8_t sap) {
  append(out, before);
  if (const char* name = sap_name(sap)) {
    fmt::format_to(fmt::appender(out), "{} (0x{:02x})", name, sap & 0xfe);
  } else {
    fmt::format_to(fmt::appender(out), "Unknown (0x{:02x})", sap & 0xfe);
  }
}

void dissect_snap(Cursor& cursor, Packet& packet, Llc& llc, uint16_t length) noexcept {
  uint8_t oui_high = 0;
  uint16_t oui_low = 0;
  if (!(cursor.read(oui_high) && cursor.read(oui_low) && cursor.read(llc.protocol))) {
    return stop(packet, Layer::snap, cursor);
  }
  llc.snap = true;
  llc.oui = uint32_t{oui_high} << 16 | oui_low;
  packet.payload_len = cursor.packet_left();
  if (llc.oui == kOuiEthernet && llc.protocol > kMaxEtherLength) return dissect_vlans(cursor, packet, llc.protocol);
  packet.ethertype = length;
  packet.carried = llc;
  if (llc.oui == kOuiCisco && llc.protocol == kCiscoPvst) dissect_stp(cursor, packet);
}

}  // namespace

void dissect_llc(Cursor& cursor, Packet& packet, uint16_t length) noexcept {
  const std::optional<uint32_t> left = cursor.packet_left();
  if (left && length > *left && packet.ethernet) return stop(packet, Layer::llc, Problem::bad_length, length, *left);
  if (length != kEtherLlc || packet.ethernet) cursor.narrow(length);
  packet.payload_len = cursor.packet_left();
  Llc llc;
  if (!(cursor.read(llc.dsap) && cursor.read(llc.ssap) && cursor.read(llc.control))) {
    return stop(packet, Layer::llc, cursor);
  }
  const bool unnumbered = llc.control == kUnnumbered;
  if (unnumbered && llc.dsap == kSapSnap && llc.ssap == kSapSnap) return dissect_snap(cursor, packet, llc, length);
  packet.ethertype = length;
  packet.carried = llc;
  if (unnumbered && llc.dsap == kSapStp && llc.ssap == kSapStp) dissect_stp(cursor, packet);
}

void append_llc(fmt::memory_buffer& out, const Packet& packet) {
  if (const Stp* stp = std::get_if<Stp>(&packet.carried)) {
    append_stp(out, *stp);
    return append_length(out, packet.payload_len);
  }
  const Llc* llc = std::get_if<Llc>(&packet.carried);
  if (llc == nullptr) return;
  if (!llc->snap) {
    append_sap(out, "LLC, dsap ", llc->dsap);
    append_sap(out, ", ssap ", llc->ssap);
    fmt::format_to(fmt::appender(out), ", ctrl 0x{:02x}", llc->control);
  } else if (const char* name = llc->oui == kOuiCisco ? cisco_name(llc->protocol) : nullptr) {
    fmt::format_to(fmt::appender(out), "{}", name);
  } else {
    fmt::format_to(fmt::appender(out), "SNAP, oui 0x{:06x}, pid 0x{:04x}", llc->oui, llc->protocol);
  }
  append_length(out, packet.payload_len);
}

}  // namespace skbtrail::packet
