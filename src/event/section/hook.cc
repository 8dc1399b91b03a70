#include "event/section/hook.h"

#include <linux/netfilter.h>

#include <array>
#include <cstring>
#include <span>

#include "text/fixed_text.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};
constexpr uint32_t kHook = REC_SECTION_HOOK;

// enum nf_inet_hooks and NF_INET_INGRESS, include/uapi/linux/netfilter.h; those of bridges have the same order, and
// NF_BR_BROUTING where the others have the ingress (include/uapi/linux/netfilter_bridge.h).
constexpr std::array<std::string_view, 6> kInet{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "INGRESS"};
constexpr std::array<std::string_view, 6> kBridge{"PREROUTING", "INPUT",       "FORWARD",
                                                  "OUTPUT",     "POSTROUTING", "BROUTING"};
// include/uapi/linux/netfilter_arp.h.
constexpr std::array<std::string_view, 3> kArp{"INPUT", "OUTPUT", "FORWARD"};
constexpr std::array<std::string_view, 2> kNetdev{"INGRESS", "EGRESS"};

std::span<const std::string_view> hooks_of(uint8_t family) {
  switch (family) {
    case NFPROTO_INET:
    case NFPROTO_IPV4:
    case NFPROTO_IPV6: return kInet;
    case NFPROTO_BRIDGE: return kBridge;
    case NFPROTO_ARP: return kArp;
    case NFPROTO_NETDEV: return kNetdev;
    default: return {};
  }
}

bool is_known(const Event& event) {
  return event.hook && event.hook->known;
}

Value hook(const Event& event, Scratch&) {
  const auto name = is_known(event) ? hook_name(*event.hook) : std::string_view();
  return name.empty() ? Value(kUnknown) : Value(name);
}

Value family(const Event& event, Scratch&) {
  const auto name = is_known(event) ? netfilter_family(event.hook->family) : std::string_view();
  return name.empty() ? Value(kUnknown) : Value(name);
}

Value device(uint32_t ifindex, const char (&name)[REC_IFNAMSIZ]) {
  return ifindex ? Value(text::fixed_text(name)) : Value(kUnknown);
}

Value hook_in(const Event& event, Scratch&) {
  return is_known(event) ? device(event.hook->in_ifindex, event.hook->in) : Value(kUnknown);
}

Value hook_out(const Event& event, Scratch&) {
  return is_known(event) ? device(event.hook->out_ifindex, event.hook->out) : Value(kUnknown);
}

}  // namespace

std::string_view hook_name(const rec_hook& hook) {
  const auto hooks = hooks_of(hook.family);
  return hook.hook < hooks.size() ? hooks[hook.hook] : std::string_view();
}

std::string_view netfilter_family(uint8_t family) {
  switch (family) {
    case NFPROTO_INET: return "inet";
    case NFPROTO_IPV4: return "ip";
    case NFPROTO_IPV6: return "ip6";
    case NFPROTO_ARP: return "arp";
    case NFPROTO_BRIDGE: return "bridge";
    case NFPROTO_NETDEV: return "netdev";
    default: return {};
  }
}

std::vector<Field> hook_fields() {
  constexpr bool sparse = true;
  return {
      {"hook", Type::text, "", "hook of netfilter: PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, INGRESS, EGRESS",
       kHook, false, 11, sparse, hook},
      {"hook_family", Type::text, "", "its family: ip, ip6, arp, bridge, netdev", kHook, false, 6, sparse, family},
      {"hook_in", Type::text, "", "device that the hook takes for the one it came in by", kHook, false, 8, sparse,
       hook_in},
      {"hook_out", Type::text, "", "device that the hook takes for the one it leaves by", kHook, false, 8, sparse,
       hook_out},
  };
}

}  // namespace skbtrail::event
