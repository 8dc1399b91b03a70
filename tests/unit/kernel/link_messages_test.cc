#include "kernel/link_messages.h"

#include <gmock/gmock.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cstring>

namespace skbtrail::kernel {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

using Bytes = std::vector<std::byte>;

template <typename T>
Bytes bytes_of(const T& value) {
  Bytes bytes(sizeof(T));
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
  to.resize((to.size() + 3) & ~size_t{3});
}

Bytes attribute(uint16_t type, const Bytes& value) {
  Bytes bytes = bytes_of(rtattr{static_cast<uint16_t>(sizeof(rtattr) + value.size()), type});
  append(bytes, value);
  return bytes;
}

Bytes attribute(uint16_t type, const std::string& text) {
  Bytes value(text.size() + 1);
  std::memcpy(value.data(), text.c_str(), value.size());
  return attribute(type, value);
}

Bytes message(uint16_t type, const Bytes& payload) {
  Bytes bytes = bytes_of(nlmsghdr{static_cast<uint32_t>(sizeof(nlmsghdr) + payload.size()), type, 0, 1, 1});
  append(bytes, payload);
  return bytes;
}

Bytes sample() {
  ifinfomsg head{};
  head.ifi_index = 7;
  Bytes payload = bytes_of(head), others;
  append(payload, attribute(IFLA_MTU, bytes_of(uint32_t{1500})));
  append(payload, attribute(IFLA_IFNAME, "v1"));
  append(others, attribute(53, "Ethernet0-1"));
  append(others, attribute(53, "a-much-longer-name-than-fifteen"));
  append(payload, attribute(52 | 0x8000, others));  // nested
  Bytes xdp = attribute(IFLA_XDP_ATTACHED, bytes_of(uint8_t{XDP_ATTACHED_DRV}));
  append(xdp, attribute(IFLA_XDP_PROG_ID, bytes_of(uint32_t{17})));
  append(xdp, attribute(IFLA_XDP_DRV_PROG_ID, bytes_of(uint32_t{17})));
  append(payload, attribute(IFLA_XDP | 0x8000, xdp));
  return message(RTM_NEWLINK, payload);
}

TEST(LinkMessages, HaveEveryNameOfADevice) {
  Bytes bytes = sample();
  append(bytes, message(NLMSG_DONE, bytes_of(0)));
  bool end = false;
  const auto links = links_in(bytes, end);
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].ifindex, 7u);
  EXPECT_EQ(links[0].name, "v1");
  EXPECT_THAT(links[0].other_names, ElementsAre("Ethernet0-1", "a-much-longer-name-than-fifteen"));
  EXPECT_THAT(links[0].xdp_programs, ElementsAre(17u));
  EXPECT_TRUE(end);
}

TEST(LinkMessages, CutAnywhereAreNoHarm) {
  const Bytes whole = sample();
  for (size_t length = 0; length < whole.size(); length++) {
    bool end = false;
    EXPECT_THAT(links_in({whole.data(), length}, end), IsEmpty());
    EXPECT_FALSE(end);
  }
}

TEST(LinkMessages, ThisNamespaceHasItsLoopbackDevice) {
  EXPECT_THAT(links_here(), Contains(Field(&LinkNames::name, "lo")));
}

}  // namespace
}  // namespace skbtrail::kernel
