// What tracepoints handed out, from bytes that are whole, cut, and false.
#include "event/arguments.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>

#include <cstring>

#include "fake_names.h"
#include "format_texts.h"

namespace skbtrail::event {
namespace {

template <typename T>
void put(std::vector<std::byte>& to, size_t offset, T value) {
  to.resize(std::max(to.size(), offset + sizeof(value)));
  std::memcpy(to.data() + offset, &value, sizeof(value));
}

void put_text(std::vector<std::byte>& to, size_t offset, std::string_view text) {
  to.resize(std::max(to.size(), offset + text.size() + 1));
  std::memcpy(to.data() + offset, text.data(), text.size());
}

// Of net_dev_queue at the device eth0.
std::vector<std::byte> queued() {
  std::vector<std::byte> bytes;
  put(bytes, 8, uint64_t{0xffff888003a5cd00});
  put(bytes, 16, uint32_t{98});
  put(bytes, 20, uint32_t{5u << 16 | 24});
  put_text(bytes, 24, "eth0");
  return bytes;
}

std::string line(const EventFormat& format, const std::vector<std::byte>& bytes) {
  fmt::memory_buffer out;
  Arguments(format, bytes).append_line(out, test::FakeNames());
  return fmt::to_string(out);
}

// One field of a made-up format.
EventFormat with(FormatField field) {
  EventFormat format;
  format.name = "e";
  field.name = "x";
  format.fields.push_back(std::move(field));
  return format;
}

const EventFormat kQueue = EventFormat::parse("net", test::kNetDevQueue);
const EventFormat kState = EventFormat::parse("sock", test::kInetSockSetState);

TEST(Arguments, AreShownInTheOrderOfTheFormatFile) {
  EXPECT_EQ(line(kQueue, queued()), "skbaddr=0xffff888003a5cd00 len=98 name=eth0");
}

TEST(Arguments, AddressesAndNamedValuesAreShownAsPeopleReadThem) {
  std::vector<std::byte> bytes(72);
  put(bytes, 8, uint64_t{0xffff888003a5c000});
  put(bytes, 16, int32_t{7});
  put(bytes, 20, int32_t{99});
  put(bytes, 24, uint16_t{443});
  put(bytes, 28, uint16_t{AF_INET6});
  put(bytes, 30, uint16_t{6});
  put(bytes, 32, htonl(0x0a000001));
  put(bytes, 40, htonl(0x20010db8));
  put(bytes, 52, htonl(1));
  EXPECT_EQ(line(kState, bytes),
            "skaddr=0xffff888003a5c000 oldstate=TCP_CLOSE newstate=99 sport=443 dport=0 family=AF_INET6 "
            "protocol=IPPROTO_TCP saddr=10.0.0.1 daddr=0.0.0.0 saddr_v6=2001:db8::1 daddr_v6=::");
}

TEST(Arguments, ATextThatWasCopiedInPartSaysSo) {
  auto bytes = queued();
  put(bytes, 20, uint32_t{40u << 16 | 24});
  bytes.resize(28);
  EXPECT_EQ(line(kQueue, bytes), "skbaddr=0xffff888003a5cd00 len=98 name=eth0...");
}

TEST(Arguments, WhatWasNotCopiedIsUnknown) {
  auto bytes = queued();
  bytes.resize(16);
  EXPECT_EQ(line(kQueue, bytes), "skbaddr=0xffff888003a5cd00 len=? name=?");
  EXPECT_EQ(line(kQueue, {}), "skbaddr=? len=? name=?");
}

TEST(Arguments, APlaceBehindTheEndIsNotFollowed) {
  auto bytes = queued();
  put(bytes, 20, uint32_t{0xffffffff});
  EXPECT_EQ(line(kQueue, bytes), "skbaddr=0xffff888003a5cd00 len=98 name=?");
}

TEST(Arguments, NumbersHaveTheSignAndSizeOfTheirField) {
  std::vector<std::byte> bytes;
  put(bytes, 0, int16_t{-2});
  put(bytes, 2, int16_t{-1});
  EXPECT_EQ(line(with({.size = 2, .element = 2, .is_signed = true}), bytes), "x=-2");
  EXPECT_EQ(line(with({.size = 2, .element = 2}), bytes), "x=65534");
  EXPECT_EQ(line(with({.size = 4, .element = 4, .is_signed = true}), bytes), "x=-2");
  EXPECT_EQ(line(with({.size = 4, .element = 4, .look = Look::hex}), bytes), "x=0xfffffffe");
  EXPECT_EQ(line(with({.size = 4, .element = 2, .is_signed = true}), bytes), "x=-2,-1");
}

TEST(Arguments, ADynamicFieldMayCountFromItsOwnEnd) {
  std::vector<std::byte> bytes;
  put(bytes, 0, uint32_t{3u << 16 | 4});
  put_text(bytes, 8, "ab");
  FormatField field{.size = 4, .element = 1, .dynamic = true, .relative = true, .look = Look::text};
  EXPECT_EQ(line(with(field), bytes), "x=ab");
}

TEST(Arguments, CodeIsNamedAndAddressesOfTheNetworkAreRead) {
  std::vector<std::byte> bytes;
  put(bytes, 0, uint64_t{test::FakeNames::kIcmpRcv});
  EXPECT_EQ(line(with({.size = 8, .element = 8, .look = Look::symbol}), bytes), "x=icmp_rcv+0x0");
  put(bytes, 0, uint64_t{0xffffffff81000000});
  EXPECT_EQ(line(with({.size = 8, .element = 8, .look = Look::symbol}), bytes), "x=0xffffffff81000000");
  sockaddr_in in4{.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {htonl(0x7f000001)}, .sin_zero = {}};
  std::vector<std::byte> address(28);
  std::memcpy(address.data(), &in4, sizeof(in4));
  EXPECT_EQ(line(with({.size = 28, .element = 1, .look = Look::socket_address}), address), "x=127.0.0.1:80");
  put(address, 0, uint16_t{77});
  EXPECT_EQ(line(with({.size = 28, .element = 1, .look = Look::socket_address}), address), "x=family-77");
}

}  // namespace
}  // namespace skbtrail::event
