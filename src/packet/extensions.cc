// IPv6 extension headers (RFC 8200 section 4): hop-by-hop options, routing, fragment, destination options; and of the
// same shape as the first, with a type: mobility (RFC 6275), HIP (RFC 7401), shim6 (RFC 5533).
//
//   options, routing                             fragment
//    0      1      2            8(len+1)          0      1     2              4        8
//   +------+------+--- - - - ---+                +------+-----+--------+-----+--------+
//   | next | len  | …           |                | next |  0  | offset |  |M | id     |   offset: 13 bits,
//   +------+------+--- - - - ---+                +------+-----+--------+-----+--------+   8-byte units
//   routing: 2 type, 3 segments left; mobility, HIP, shim6: 2 type
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

bool read_fragment(Cursor& cursor, std::optional<FragmentField>& fragment) noexcept {
  uint16_t offset_more = 0;
  uint32_t id = 0;
  if (!(cursor.read(offset_more) && cursor.read(id))) return false;
  fragment = FragmentField{id, static_cast<uint16_t>(offset_more & 0xfff8), (offset_more & 1) != 0};
  return true;
}

bool has_type(uint8_t protocol) noexcept {
  return protocol == kProtoRouting || protocol == kProtoMobility || protocol == kProtoHip || protocol == kProtoShim6;
}

const char* mobility_name(uint8_t type) {
  constexpr const char* kNames[] = {"BRR", "HoTI", "CoTI", "HoT", "CoT", "BU", "BA", "BE"};
  return type < std::size(kNames) ? kNames[type] : nullptr;
}

const char* hip_name(uint8_t type) {
  constexpr const char* kNames[] = {nullptr, "I1", "R1", "I2", "R2"};
  if (type < std::size(kNames)) return kNames[type];
  switch (type) {
    case 16: return "UPDATE";
    case 17: return "NOTIFY";
    case 18: return "CLOSE";
    case 19: return "CLOSE_ACK";
    default: return nullptr;
  }
}

void append_typed(fmt::memory_buffer& out, const char* header, const char* name, uint8_t type) {
  fmt::format_to(fmt::appender(out), "{} (", header);
  if (name) {
    append(out, name);
  } else {
    fmt::format_to(fmt::appender(out), "type={}", type);
  }
  append(out, ") ");
}

const char* extension_name(uint8_t protocol) {
  switch (protocol) {
    case kProtoHopByHop: return "hbh";
    case kProtoRouting: return "routing";
    case kProtoFragment: return "frag";
    case kProtoDestOptions: return "dstopt";
    case kProtoMobility: return "mobility";
    case kProtoHip: return "hip";
    default: return "shim6";
  }
}

bool skip_rest(Cursor& cursor, Extension& extension) noexcept {
  if (!has_type(extension.protocol)) return cursor.skip(8u * extension.length_field + 6u);
  uint8_t second = 0;
  if (!(cursor.read(extension.type) && cursor.read(second) && cursor.skip(8u * extension.length_field + 4u)))
    return false;
  if (extension.protocol == kProtoRouting) extension.segments_left = second;
  if (extension.protocol == kProtoHip || extension.protocol == kProtoShim6) extension.type &= 0x7f;
  return true;
}

}  // namespace

bool is_extension(uint8_t protocol) noexcept {
  return protocol == kProtoHopByHop || protocol == kProtoFragment || protocol == kProtoDestOptions ||
         has_type(protocol);
}

bool read_extension(Cursor& cursor, uint8_t& protocol, Extension& extension,
                    std::optional<FragmentField>& fragment) noexcept {
  extension.protocol = protocol;
  uint8_t next = 0;
  if (!(cursor.read(next) && cursor.read(extension.length_field))) return false;
  if (protocol == kProtoFragment) {
    extension.length_field = 0;  // reserved in this header
    if (!read_fragment(cursor, fragment)) return false;
  } else if (!skip_rest(cursor, extension)) {
    return false;
  }
  protocol = next;
  return true;
}

void append_extensions(fmt::memory_buffer& out, const Ip& ip) {
  for (size_t i = 0; i < ip.extension_count; ++i) {
    const Extension& extension = ip.extensions[i];
    switch (extension.protocol) {
      case kProtoHopByHop: append(out, "HBH "); break;
      case kProtoDestOptions: append(out, "DSTOPT "); break;
      case kProtoRouting:
        fmt::format_to(fmt::appender(out), "RT6 (len={}, type={}, segleft={}) ", extension.length_field, extension.type,
                       extension.segments_left);
        break;
      case kProtoMobility: append_typed(out, "mobility", mobility_name(extension.type), extension.type); break;
      case kProtoHip: append_typed(out, "hip", hip_name(extension.type), extension.type); break;
      case kProtoShim6: append_typed(out, "shim6", nullptr, extension.type); break;
      case kProtoFragment:
        fmt::format_to(fmt::appender(out), "frag ({}|", ip.fragment_offset);
        append_known(out, extension.len_after);
        append(out, ") ");
    }
  }
}

void append_extension_names(fmt::memory_buffer& out, const Packet& packet) {
  if (!packet.ip) return;
  for (size_t i = 0; i < packet.ip->extension_count; ++i) {
    if (i > 0) out.push_back(',');
    append(out, extension_name(packet.ip->extensions[i].protocol));
  }
}

}  // namespace skbtrail::packet
