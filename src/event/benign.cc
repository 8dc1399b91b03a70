#include "event/benign.h"

#include <algorithm>
#include <array>

namespace skbtrail::event {

namespace {

constexpr std::array<std::string_view, 3> kPingFunctions = {"ping_rcv", "icmp_rcv", "icmpv6_rcv"};
constexpr std::array<std::string_view, 4> kRawFunctions = {"raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb"};
constexpr std::array<std::string_view, 8> kDestructors = {
    "inet_sock_destruct",   "sk_stream_kill_queues", "udp_destruct_common",   "__sk_destruct",
    "packet_sock_destruct", "unix_sock_destructor",  "netlink_sock_destruct", "sk_destruct"};

template <size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "inet_sock_destruct" of "inet_sock_destruct+0x2f [module]".
std::string_view function_of(std::string_view symbol) {
  return symbol.substr(0, symbol.find_first_of("+. "));
}

bool is_echo_reply(const Event& event) {
  const packet::Packet* packet = event.packet();
  return packet && packet->icmp && packet->icmp->type == (packet->icmp->v6 ? 129 : 0);
}

}  // namespace

std::string_view why_benign(const Event& event) {
  if (!event.drop || event.names->probe(event.core->probe) != "kfree_skb") return "";
  const std::string_view reason =
      event.drop->has_reason ? event.names->name(NameKind::drop_reason, event.drop->reason) : "";
  const auto location = [&] { return function_of(event.names->name(NameKind::symbol, event.drop->location)); };
  if (reason == "NO_SOCKET") {
    const bool copied = event.drop->cloned && is_echo_reply(event);
    if (!copied || !is_one_of(kPingFunctions, location())) return "";
    return "no ping socket, but a raw socket or a capture got a copy";
  }
  if (reason == "SOCKET_FILTER")
    return is_one_of(kRawFunctions, location()) ? "a copy for a raw socket, whose filter refused it" : "";
  // Kernels before 6.6 have no reason of its own for it.
  if (reason != "QUEUE_PURGE" && reason != "SOCKET_CLOSE" && reason != "NOT_SPECIFIED" && !reason.empty()) return "";
  if (reason == "SOCKET_CLOSE" || is_one_of(kDestructors, location())) return "unread when its socket was closed";
  return "";
}

}  // namespace skbtrail::event
