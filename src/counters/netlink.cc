#include "counters/netlink.h"

#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>

#include "kernel/netlink.h"

namespace skbtrail::counters {

namespace {

using kernel::netlink::after, kernel::netlink::each_attribute, kernel::netlink::each_message, kernel::netlink::head_of,
    kernel::netlink::text_of;
using Bytes = kernel::netlink::Bytes;

// Of struct rtnl_link_stats64, which has grown at its end.
struct LinkValue {
  std::string_view name;
  size_t offset;
};
#define SKBTRAIL_LINK_VALUE(field) \
  { #field, offsetof(rtnl_link_stats64, field) }
constexpr LinkValue kLinkValues[] = {
    SKBTRAIL_LINK_VALUE(rx_errors),      SKBTRAIL_LINK_VALUE(tx_errors),         SKBTRAIL_LINK_VALUE(rx_dropped),
    SKBTRAIL_LINK_VALUE(tx_dropped),     SKBTRAIL_LINK_VALUE(collisions),        SKBTRAIL_LINK_VALUE(rx_length_errors),
    SKBTRAIL_LINK_VALUE(rx_over_errors), SKBTRAIL_LINK_VALUE(rx_crc_errors),     SKBTRAIL_LINK_VALUE(rx_frame_errors),
    SKBTRAIL_LINK_VALUE(rx_fifo_errors), SKBTRAIL_LINK_VALUE(rx_missed_errors),  SKBTRAIL_LINK_VALUE(tx_aborted_errors),
    SKBTRAIL_LINK_VALUE(tx_fifo_errors), SKBTRAIL_LINK_VALUE(tx_carrier_errors), SKBTRAIL_LINK_VALUE(tx_window_errors),
    SKBTRAIL_LINK_VALUE(rx_nohandler)};
#undef SKBTRAIL_LINK_VALUE

void read_link_values(LinkCounters& link, Bytes statistics) {
  for (const auto& value : kLinkValues)
    if (value.offset <= statistics.size())
      if (const auto number = head_of<uint64_t>(statistics.subspan(value.offset)))
        link.values.emplace_back(value.name, *number);
}

template <typename Head>
void each_answer(uint16_t type, Head head, const std::function<void(Bytes, bool& end)>& take) {
  struct {
    nlmsghdr message;
    Head head;
  } request{};
  request.message = {sizeof(request), type, NLM_F_REQUEST | NLM_F_DUMP, 1, 0};
  request.head = head;
  kernel::netlink::ask(std::as_bytes(std::span(&request, 1)), take);
}

}  // namespace

std::vector<LinkCounters> links_in(Bytes messages, bool& end) {
  std::vector<LinkCounters> links;
  each_message(messages, RTM_NEWLINK, end, [&](Bytes payload) {
    const auto head = head_of<ifinfomsg>(payload);
    if (!head || head->ifi_index <= 0) return;
    LinkCounters link;
    link.ifindex = static_cast<uint32_t>(head->ifi_index);
    each_attribute(after(payload, sizeof(ifinfomsg)), [&](uint16_t type, Bytes value) {
      if (type == IFLA_IFNAME) link.name = text_of(value);
      if (type == IFLA_STATS64) read_link_values(link, value);
    });
    links.push_back(std::move(link));
  });
  return links;
}

std::vector<QdiscCounters> qdiscs_in(Bytes messages, bool& end) {
  std::vector<QdiscCounters> qdiscs;
  each_message(messages, RTM_NEWQDISC, end, [&](Bytes payload) {
    const auto head = head_of<tcmsg>(payload);
    if (!head || head->tcm_ifindex <= 0) return;
    QdiscCounters qdisc;
    qdisc.ifindex = static_cast<uint32_t>(head->tcm_ifindex);
    qdisc.handle = head->tcm_handle;
    bool known = false;
    each_attribute(after(payload, sizeof(tcmsg)), [&](uint16_t type, Bytes value) {
      if (type == TCA_KIND) qdisc.kind = text_of(value);
      if (type != TCA_STATS2) return;
      each_attribute(value, [&](uint16_t part, Bytes queue) {
        const auto counts = head_of<gnet_stats_queue>(queue);
        if (part != TCA_STATS_QUEUE || !counts) return;
        qdisc.drops = counts->drops;
        known = true;
      });
    });
    if (known) qdiscs.push_back(std::move(qdisc));
  });
  return qdiscs;
}

std::vector<LinkCounters> links_here() {
  std::vector<LinkCounters> links;
  each_answer(RTM_GETLINK, ifinfomsg{}, [&](Bytes bytes, bool& end) {
    for (auto& link : links_in(bytes, end)) links.push_back(std::move(link));
  });
  return links;
}

std::vector<QdiscCounters> qdiscs_here() {
  std::vector<QdiscCounters> qdiscs;
  each_answer(RTM_GETQDISC, tcmsg{}, [&](Bytes bytes, bool& end) {
    for (auto& qdisc : qdiscs_in(bytes, end)) qdiscs.push_back(std::move(qdisc));
  });
  return qdiscs;
}

}  // namespace skbtrail::counters
