// IPv6 extension headers (RFC 8200 section 4): hop-by-hop options, routing, fragment, destination options.
//
//   options, routing                             fragment
//    0      1      2            8(len+1)          0      1     2              4        8
//   +------+------+--- - - - ---+                +------+-----+--------+-----+--------+
//   | next | len  | …           |                | next |  0  | offset |  |M | id     |   offset: 13 bits,
//   +------+------+--- - - - ---+                +------+-----+--------+-----+--------+   8-byte units
//   routing: 2 type, 3 segments left
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

bool read_fragment(Cursor& cursor, std::optional<FragmentField>& fragment) noexcept {
  uint16_t offset_more = 0;
  uint32_t id = 0;
  if (!(cursor.read(offset_more) && cursor.read(id))) return false;
  fragment = FragmentField{id, static_cast<uint16_t>(offset_more & 0xfff8), (offset_more & 1) != 0};
  return true;
}

bool skip_rest(Cursor& cursor, Extension& extension) noexcept {
  if (extension.protocol != kProtoRouting) return cursor.skip(8u * extension.length_field + 6u);
  return cursor.read(extension.routing_type) && cursor.read(extension.segments_left) &&
         cursor.skip(8u * extension.length_field + 4u);
}

}  // namespace

bool is_extension(uint8_t protocol) noexcept {
  return protocol == kProtoHopByHop || protocol == kProtoRouting || protocol == kProtoFragment ||
         protocol == kProtoDestOptions;
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
        fmt::format_to(fmt::appender(out), "RT6 (len={}, type={}, segleft={}) ", extension.length_field,
                       extension.routing_type, extension.segments_left);
        break;
      case kProtoFragment:
        fmt::format_to(fmt::appender(out), "frag ({}|", ip.fragment_offset);
        append_known(out, extension.len_behind);
        append(out, ") ");
    }
  }
}

}  // namespace skbtrail::packet
