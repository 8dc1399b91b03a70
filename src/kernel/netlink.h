// What the kernel answers over rtnetlink: messages with attributes, and how all of a kind are asked for.
//
//   | nlmsghdr | head, as ifinfomsg | rtattr, value | rtattr, value | ... | nlmsghdr | ...
//                                    each padded to 4 bytes
//
// Bytes may be anything: a length that cannot be ends what is read.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace skbtrail::kernel::netlink {

using Bytes = std::span<const std::byte>;

// What the bytes begin with; nothing: there are fewer.
template <typename T>
std::optional<T> head_of(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T head;
  std::memcpy(&head, bytes.data(), sizeof(T));
  return head;
}

// What comes after `length` bytes and their padding.
inline Bytes after(Bytes bytes, size_t length) {
  const size_t padded = (length + 3) & ~size_t{3};
  return padded < bytes.size() ? bytes.subspan(padded) : Bytes{};
}

// take(type, value)
template <typename Take>
void each_attribute(Bytes bytes, Take take) {
  constexpr uint16_t kTypeMask = 0x3fff;
  while (const auto head = head_of<rtattr>(bytes)) {
    if (head->rta_len < sizeof(rtattr) || head->rta_len > bytes.size()) return;
    take(static_cast<uint16_t>(head->rta_type & kTypeMask),
         bytes.subspan(sizeof(rtattr), head->rta_len - sizeof(rtattr)));
    bytes = after(bytes, head->rta_len);
  }
}

// take(payload) for each message of the type `wanted`. `end` becomes true at the last of an answer.
template <typename Take>
void each_message(Bytes messages, uint16_t wanted, bool& end, Take take) {
  while (const auto head = head_of<nlmsghdr>(messages)) {
    if (head->nlmsg_len < sizeof(nlmsghdr) || head->nlmsg_len > messages.size()) return;
    end |= head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR;
    if (head->nlmsg_type == wanted) take(messages.subspan(sizeof(nlmsghdr), head->nlmsg_len - sizeof(nlmsghdr)));
    messages = after(messages, head->nlmsg_len);
  }
}

inline std::string text_of(Bytes bytes) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return {text, strnlen(text, bytes.size())};
}

// Asks in the namespace of this thread, and has each part of the answer taken until `end` is set. A part that does not
// come within a second is none.
void ask(Bytes request, const std::function<void(Bytes part, bool& end)>& take);

}  // namespace skbtrail::kernel::netlink
