#include "kernel/link_messages.h"

#include <linux/if_link.h>

#include <algorithm>
#include <optional>

#include "kernel/netlink.h"

namespace skbtrail::kernel {

namespace {

using netlink::after, netlink::each_attribute, netlink::head_of, netlink::text_of;
using Bytes = netlink::Bytes;

// Of linux/rtnetlink.h, whose headers may be older than the kernel.
constexpr uint16_t kPropList = 52, kAltIfname = 53;
constexpr uint32_t kSkipStatistics = 1u << 3;  // RTEXT_FILTER_SKIP_STATS

// One that is on a device in one way is named twice: as such, and as the one there is.
void read_xdp(Bytes xdp, std::vector<uint32_t>& programs) {
  each_attribute(xdp, [&](uint16_t type, Bytes value) {
    if (type != IFLA_XDP_PROG_ID && type != IFLA_XDP_DRV_PROG_ID && type != IFLA_XDP_SKB_PROG_ID) return;
    const auto id = head_of<uint32_t>(value);
    if (id && *id && std::find(programs.begin(), programs.end(), *id) == programs.end()) programs.push_back(*id);
  });
}

std::optional<LinkNames> link_of(Bytes payload) {
  const auto head = head_of<ifinfomsg>(payload);
  if (!head || head->ifi_index <= 0) return std::nullopt;
  LinkNames link;
  link.ifindex = static_cast<uint32_t>(head->ifi_index);
  each_attribute(after(payload, sizeof(ifinfomsg)), [&](uint16_t type, Bytes value) {
    if (type == IFLA_IFNAME) link.name = text_of(value);
    if (type == IFLA_XDP) read_xdp(value, link.xdp_programs);
    if (type != kPropList) return;
    each_attribute(value, [&](uint16_t property, Bytes name) {
      if (property == kAltIfname) link.other_names.push_back(text_of(name));
    });
  });
  return link;
}

struct LinkRequest {
  nlmsghdr head{sizeof(LinkRequest), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0};
  ifinfomsg link{};
  rtattr attribute{sizeof(rtattr) + sizeof(uint32_t), IFLA_EXT_MASK};
  uint32_t mask = kSkipStatistics;
};

}  // namespace

std::vector<LinkNames> links_in(Bytes messages, bool& end) {
  std::vector<LinkNames> links;
  netlink::each_message(messages, RTM_NEWLINK, end, [&](Bytes payload) {
    if (auto link = link_of(payload)) links.push_back(std::move(*link));
  });
  return links;
}

std::vector<LinkNames> links_here() {
  std::vector<LinkNames> links;
  const LinkRequest request;
  netlink::ask(std::as_bytes(std::span(&request, 1)), [&](Bytes part, bool& end) {
    for (auto& link : links_in(part, end)) links.push_back(std::move(link));
  });
  return links;
}

}  // namespace skbtrail::kernel
