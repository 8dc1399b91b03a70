#include "kernel/link_messages.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstring>
#include <optional>

#include "kernel/fd.h"

namespace skbtrail::kernel {

namespace {

using Bytes = std::span<const std::byte>;

// Of linux/rtnetlink.h, whose headers may be older than the kernel.
constexpr uint16_t kPropList = 52, kAltIfname = 53, kTypeMask = 0x3fff;
constexpr uint32_t kSkipStatistics = 1u << 3;  // RTEXT_FILTER_SKIP_STATS

template <typename T>
std::optional<T> head_of(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T head;
  std::memcpy(&head, bytes.data(), sizeof(T));
  return head;
}

// Messages and attributes begin with their length and are padded to four bytes.
Bytes behind(Bytes bytes, size_t length) {
  const size_t padded = (length + 3) & ~size_t{3};
  return padded < bytes.size() ? bytes.subspan(padded) : Bytes{};
}

template <typename Take>
void each_attribute(Bytes bytes, Take take) {
  while (const auto head = head_of<rtattr>(bytes)) {
    if (head->rta_len < sizeof(rtattr) || head->rta_len > bytes.size()) return;
    take(head->rta_type & kTypeMask, bytes.subspan(sizeof(rtattr), head->rta_len - sizeof(rtattr)));
    bytes = behind(bytes, head->rta_len);
  }
}

std::string text_of(Bytes bytes) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return {text, strnlen(text, bytes.size())};
}

std::optional<LinkNames> link_of(Bytes payload) {
  const auto head = head_of<ifinfomsg>(payload);
  if (!head || head->ifi_index <= 0) return std::nullopt;
  LinkNames link;
  link.ifindex = static_cast<uint32_t>(head->ifi_index);
  each_attribute(behind(payload, sizeof(ifinfomsg)), [&](uint16_t type, Bytes value) {
    if (type == IFLA_IFNAME) link.name = text_of(value);
    if (type != kPropList) return;
    each_attribute(value, [&](uint16_t property, Bytes name) {
      if (property == kAltIfname) link.other_names.push_back(text_of(name));
    });
  });
  return link;
}

bool ask_for_links(const Fd& socket) {
  struct {
    nlmsghdr head;
    ifinfomsg link;
    rtattr attribute;
    uint32_t mask;
  } request{};
  request.head = {sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0};
  request.attribute = {sizeof(rtattr) + sizeof(uint32_t), IFLA_EXT_MASK};
  request.mask = kSkipStatistics;
  return send(socket.get(), &request, sizeof(request), 0) == sizeof(request);
}

}  // namespace

std::vector<LinkNames> links_in(Bytes messages, bool& end) {
  std::vector<LinkNames> links;
  while (const auto head = head_of<nlmsghdr>(messages)) {
    if (head->nlmsg_len < sizeof(nlmsghdr) || head->nlmsg_len > messages.size()) break;
    end |= head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR;
    if (head->nlmsg_type == RTM_NEWLINK)
      if (auto link = link_of(messages.subspan(sizeof(nlmsghdr), head->nlmsg_len - sizeof(nlmsghdr))))
        links.push_back(std::move(*link));
    messages = behind(messages, head->nlmsg_len);
  }
  return links;
}

std::vector<LinkNames> links_here() {
  std::vector<LinkNames> links;
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const timeval patience{1, 0};
  if (!socket || setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0) return links;
  if (!ask_for_links(socket)) return links;
  std::vector<std::byte> bytes(64 << 10);  // more than the kernel puts into one answer
  for (bool end = false; !end;) {
    const ssize_t length = recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (length <= 0) break;
    for (auto& link : links_in({bytes.data(), static_cast<size_t>(length)}, end)) links.push_back(std::move(link));
  }
  return links;
}

}  // namespace skbtrail::kernel
