#include "output/tcp_flows.h"

#include <bit>
#include <cstring>

namespace skbtrail::output {

namespace {

// Of both ends, whichever comes first.
uint64_t mixed(const packet::IpAddress& address, uint16_t port) {
  uint64_t halves[2];
  static_assert(sizeof(address.bytes) == sizeof(halves));
  std::memcpy(halves, address.bytes.data(), sizeof(halves));
  return (halves[0] ^ std::rotl(halves[1], 23) ^ port) * 0x9e3779b97f4a7c15;
}

}  // namespace

TcpFlows::Flow& TcpFlows::flow_of(const Endpoint& from, const Endpoint& to, size_t& direction) {
  static_assert(std::has_single_bit(kSlots));
  if (flows_.empty()) flows_.resize(kSlots);
  const uint64_t both = mixed(from.address, from.port) + mixed(to.address, to.port);
  Flow& flow = flows_[(both * 0x9e3779b97f4a7c15) >> (64 - std::countr_zero(kSlots))];
  for (direction = 0; direction < 2; direction++)
    if (flow.ends[direction] == from && flow.ends[1 - direction] == to) return flow;
  flow = Flow{{from, to}, {}};
  direction = 0;
  return flow;
}

uint32_t TcpFlows::relative(const std::optional<Base>& base, uint32_t number) {
  if (!base) return number;
  const auto distance = static_cast<int32_t>(number - base->number);
  return distance > 0 ? static_cast<uint32_t>(distance) : number;
}

void TcpFlows::make_relative(packet::Packet& packet) {
  if (!packet.tcp || !packet.ip || !packet.ports || packet.made ||
      packet.fault.problem == packet::Problem::bad_header_length)
    return;
  packet::Tcp& tcp = *packet.tcp;
  size_t direction = 0;
  Flow& flow = flow_of({packet.ip->src, packet.ports->src}, {packet.ip->dst, packet.ports->dst}, direction);
  auto& base = flow.bases[direction];
  auto& other = flow.bases[1 - direction];
  const bool acknowledges = (tcp.flags & packet::kTcpAck) != 0;
  if (tcp.flags & packet::kTcpSyn) {
    // Not the same SYN at another probe, after its answer.
    if (base && base->number != tcp.seq) other.reset();
    base = Base{tcp.seq, true};
    if (acknowledges && (!other || !other->is_first_byte)) other = Base{tcp.ack - 1, true};
    return;
  }
  if (!base) base = Base{tcp.seq, false};
  // What is acknowledged is the first byte that may come, as after a handshake.
  if (!other && acknowledges) other = Base{tcp.ack - 1, false};
  tcp.seq = relative(base, tcp.seq);
  if (!acknowledges) return;
  tcp.ack = relative(other, tcp.ack);
  tcp.sack_base = other->number;
}

}  // namespace skbtrail::output
