// The line as a whole: tags, the packet, and at the end what is wrong with it.
#include "packet/protocol.h"

namespace skbtrail::packet {
namespace {

void append_bad_header_length(fmt::memory_buffer& out, const Fault& fault) {
  const bool too_short = fault.found < fault.bound;
  fmt::format_to(fmt::appender(out), "[bad hdr length {} - too {}, {} {}]", fault.found, too_short ? "short" : "long",
                 too_short ? '<' : '>', fault.bound);
}

void append_too_deep(fmt::memory_buffer& out, const Fault& fault) {
  if (fault.layer == Layer::inner) {
    fmt::format_to(fmt::appender(out), "more than {} packets in one another", fault.bound);
  } else {
    fmt::format_to(fmt::appender(out), "more than {} {} headers", fault.bound, layer_name(fault.layer));
  }
}

void append_marker(fmt::memory_buffer& out, const Fault& fault) {
  switch (fault.problem) {
    case Problem::none: return;
    case Problem::no_bytes: return append(out, "[no packet bytes]");
    case Problem::cut: fmt::format_to(fmt::appender(out), "[|{}]", layer_name(fault.layer)); return;
    case Problem::short_packet: fmt::format_to(fmt::appender(out), "[short {}]", layer_name(fault.layer)); return;
    case Problem::bad_version:
      fmt::format_to(fmt::appender(out), "[bad {}version {}]", fault.layer == Layer::quoted ? "quoted " : "",
                     fault.found);
      return;
    case Problem::bad_header_length: return append_bad_header_length(out, fault);
    case Problem::bad_length:
      fmt::format_to(fmt::appender(out), "[bad length {} {} {}]", fault.found, fault.found < fault.bound ? '<' : '>',
                     fault.bound);
      return;
    case Problem::bad_type: fmt::format_to(fmt::appender(out), "[bad type {}]", fault.found); return;
    case Problem::bad_option:
      fmt::format_to(fmt::appender(out), "[bad {} option {}, length {}]", layer_name(fault.layer), fault.found,
                     fault.bound);
      return;
    case Problem::bad_name: append(out, "[bad name]"); return;
    case Problem::bad_encoding: append(out, "[bad encoding]"); return;
    case Problem::too_deep:
      append(out, "[");
      append_too_deep(out, fault);
      append(out, "]");
  }
}

// One packet. What is said of a tunnel ends in what separates it from the packet in it.
void append_packet(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const size_t before = out.size();
  append_vlans(out, packet);
  append_network(out, from, packet);
  // What ended early ends in a separator: the fault is shown instead of what is missing.
  const bool separated = out.size() == before || out[out.size() - 1] == ' ';
  if (packet.fault) {
    if (!separated) out.push_back(' ');
    append_marker(out, packet.fault);
    if (packet.inner) out.push_back(' ');
  } else if (separated && out.size() > before && !packet.inner) {
    out.resize(out.size() - 1);
  }
}

}  // namespace

std::string_view layer_name(Layer layer) noexcept {
  if (const Protocol* protocol = protocol_of(layer)) return protocol->name;
  switch (layer) {
    case Layer::none: return "none";
    case Layer::ethernet: return "ether";
    case Layer::vlan: return "vlan";
    case Layer::network: return "network";
    case Layer::arp: return "arp";
    case Layer::ipv4: return "ip";
    case Layer::ipv6: return "ip6";
    case Layer::hop_by_hop: return "hbh";
    case Layer::routing: return "rt6";
    case Layer::fragment: return "frag6";
    case Layer::dest_options: return "dstopt";
    case Layer::tcp: return "tcp";
    case Layer::udp: return "udp";
    case Layer::icmp: return "icmp";
    case Layer::icmp6: return "icmp6";
    case Layer::quoted: return "quoted";

    case Layer::mpls: return "mpls";
    case Layer::pppoe: return "pppoe";
    case Layer::ppp: return "ppp";
    case Layer::gre: return "gre";
    case Layer::ah: return "ah";
    case Layer::esp: return "esp";
    case Layer::llc: return "llc";
    case Layer::snap: return "snap";
    case Layer::stp: return "stp";
    case Layer::lldp: return "lldp";
    case Layer::inner: return "inner";

    case Layer::mobility: return "mobility";
    case Layer::hip: return "hip";
    case Layer::shim6: return "shim6";
    case Layer::igmp: return "igmp";
    case Layer::sctp: return "sctp";
    case Layer::dccp: return "dccp";
    case Layer::udplite: return "udplite";
  }
  return "none";
}

void append_known(fmt::memory_buffer& out, std::optional<uint32_t> number) {
  if (!number) return out.push_back('?');
  append_number(out, *number);
}

void append_length(fmt::memory_buffer& out, std::optional<uint32_t> length) {
  if (!length) return;
  append(out, ", length ");
  append_number(out, *length);
}

void append_summary(fmt::memory_buffer& out, const Bytes& from, const Packet& outermost) {
  if (!outermost.inner) return append_packet(out, from, outermost);
  Walk walk(from, outermost);
  do append_packet(out, walk.bytes(), walk.packet());
  while (walk.next());
}

void append_fault(fmt::memory_buffer& out, const Fault& fault) {
  const std::string_view layer = layer_name(fault.layer);
  const char* order = fault.found < fault.bound ? "less" : "more";
  switch (fault.problem) {
    case Problem::none: return;
    case Problem::no_bytes: return append(out, "no packet bytes");
    case Problem::cut: fmt::format_to(fmt::appender(out), "copy ends inside the {} header", layer); return;
    case Problem::short_packet: fmt::format_to(fmt::appender(out), "packet ends inside the {} header", layer); return;
    case Problem::bad_version:
      fmt::format_to(fmt::appender(out), "{} header of version {}, not {}", layer, fault.found, fault.bound);
      return;
    case Problem::bad_header_length:
      fmt::format_to(fmt::appender(out), "{} header length {} is {} than {}", layer, fault.found, order, fault.bound);
      return;
    case Problem::bad_length:
      fmt::format_to(fmt::appender(out), "{} length {} is {} than {}", layer, fault.found, order, fault.bound);
      return;
    case Problem::bad_type:
      fmt::format_to(fmt::appender(out), "{} element of type {}, not {}", layer, fault.found, fault.bound);
      return;
    case Problem::bad_option:
      fmt::format_to(fmt::appender(out), "{} option {} cannot have length {}", layer, fault.found, fault.bound);
      return;
    case Problem::bad_name: fmt::format_to(fmt::appender(out), "{} name is none", layer); return;
    case Problem::bad_encoding: fmt::format_to(fmt::appender(out), "{} encoding is none", layer); return;
    case Problem::too_deep: append_too_deep(out, fault);
  }
}

void append_fault(fmt::memory_buffer& out, const Bytes& from, const Packet& outermost) {
  Walk walk(from, outermost);
  while (!walk.packet().fault && walk.next()) {
  }
  if (walk.depth() > 1 && walk.packet().fault) append(out, "inner packet: ");
  append_fault(out, walk.packet().fault);
}

}  // namespace skbtrail::packet
