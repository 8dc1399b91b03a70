// What routing tables and neighbors tell, in words and by field.
#include "event/section/route.h"

#include <gtest/gtest.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

#include "event/section/neigh.h"
#include "packet/packet_builder.h"
#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::RecordBuilder;

std::string shown(const RecordBuilder& record, std::string_view field) {
  const test::FakeNames names;
  const auto bytes = record.bytes();
  const auto event = Event::decode(bytes, names);
  Scratch scratch;
  const Value value = find_field(field)->of(*event, scratch);
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  return "-";
}

void set4(uint8_t (&to)[16], uint8_t last) {
  const uint8_t address[] = {10, 0, 0, last};
  std::memcpy(to, address, sizeof(address));
}

// To 10.0.0.2 in table main.
rec_route asked() {
  rec_route route{};
  route.family = AF_INET;
  route.known = REC_ROUTE_ASKED;
  route.table = RT_TABLE_MAIN;
  route.iif = 1;
  set4(route.destination, 2);
  return route;
}

rec_route found(uint8_t type = RTN_UNICAST) {
  rec_route route = asked();
  route.known |= REC_ROUTE_FOUND | REC_ROUTE_TYPE;
  route.type = type;
  route.ifindex = 3;
  std::strcpy(route.device, "eth0");
  return route;
}

rec_route refused(int error) {
  rec_route route = asked();
  route.error = -error;
  return route;
}

std::string words(const rec_route& route) {
  return shown(RecordBuilder().route(route), "route");
}

TEST(Route, TellsGatewayDeviceSourceAndTable) {
  rec_route route = found();
  EXPECT_EQ(words(route), "route to 10.0.0.2 dev eth0 table main");
  route.gateway_family = AF_INET;
  set4(route.gateway, 1);
  set4(route.preferred, 7);
  route.table = 100;
  EXPECT_EQ(words(route), "route to 10.0.0.2 via 10.0.0.1 dev eth0 src 10.0.0.7 table 100");
  const auto record = RecordBuilder().route(route);
  EXPECT_EQ(shown(record, "route_type"), "unicast");
  EXPECT_EQ(shown(record, "route_gateway"), "10.0.0.1");
  EXPECT_EQ(shown(record, "route_dev"), "eth0");
  EXPECT_EQ(shown(record, "route_prefsrc"), "10.0.0.7");
  EXPECT_EQ(shown(record, "route_table"), "100");
  EXPECT_EQ(shown(record, "route_iif"), "1");
  EXPECT_EQ(shown(record, "route_oif"), "-");
  EXPECT_EQ(shown(record, "route_error"), "-");
}

TEST(Route, OfAGatewayOfTheOtherFamilyHasItsAddress) {
  rec_route route = found();
  route.gateway_family = AF_INET6;
  route.gateway[0] = 0xfe;
  route.gateway[1] = 0x80;
  route.gateway[15] = 1;
  EXPECT_EQ(words(route), "route to 10.0.0.2 via fe80::1 dev eth0 table main");
}

TEST(Route, NamesItsTypeWhereItIsNoUsualOne) {
  EXPECT_EQ(words(found(RTN_LOCAL)), "local route to 10.0.0.2 dev eth0 table main");
  rec_route unknown = found();
  unknown.known &= static_cast<uint8_t>(~REC_ROUTE_TYPE);
  EXPECT_EQ(words(unknown), "route to 10.0.0.2 dev eth0 table main");
  EXPECT_EQ(shown(RecordBuilder().route(unknown), "route_type"), "-");
}

TEST(Route, ThatRefusesIsToldByItsErrorWhereTheKernelTellsNoMore) {
  EXPECT_EQ(words(refused(EINVAL)), "blackhole route to 10.0.0.2 table main: EINVAL");
  EXPECT_EQ(words(refused(EHOSTUNREACH)), "unreachable route to 10.0.0.2 table main: EHOSTUNREACH");
  EXPECT_EQ(words(refused(EACCES)), "prohibit route to 10.0.0.2 table main: EACCES");
  rec_route local = refused(EACCES);
  local.table = RT_TABLE_LOCAL;
  EXPECT_EQ(words(local), "prohibit route to 10.0.0.2 table local or main: EACCES");
}

TEST(Route, OfIpv6IsToldByItsType) {
  rec_route route = found(RTN_BLACKHOLE);
  route.family = AF_INET6;
  std::memset(route.destination, 0, sizeof(route.destination));
  route.destination[0] = 0xfd;
  route.destination[15] = 2;
  EXPECT_EQ(words(route), "blackhole route to fd00::2 table main: EINVAL");
  route.type = RTN_THROW;
  EXPECT_EQ(words(route), "throw route to fd00::2 table main: EAGAIN");
  route.known = REC_ROUTE_ASKED;
  EXPECT_EQ(words(route), "no route to fd00::2 in table main");
}

TEST(Route, ThatIsNotThereIsAnErrorOfItsTable) {
  EXPECT_EQ(words(refused(EAGAIN)), "no route to 10.0.0.2 in table main");
  EXPECT_EQ(shown(RecordBuilder().route(refused(EAGAIN)), "route_error"), "EAGAIN");
  EXPECT_EQ(words(refused(ENOMEM)), "route to 10.0.0.2 table main: ENOMEM");
}

TEST(Route, ToWhereThePacketCameFromIsOneBack) {
  const auto from = [](const char* source) {
    const auto packet = test::PacketBuilder().ethernet().ipv4(source, "10.0.0.9").udp(1, 2).bytes();
    return shown(RecordBuilder().route(found()).packet(packet), "route");
  };
  EXPECT_EQ(from("10.0.0.2"), "route back to 10.0.0.2 dev eth0 table main");
  EXPECT_EQ(from("10.0.0.3"), "route to 10.0.0.2 dev eth0 table main");
}

TEST(Route, ThatCouldNotBeReadTellsNothing) {
  for (const char* field : {"route", "route_table", "route_dst", "route_proto", "route_error"})
    EXPECT_EQ(shown(RecordBuilder().route({}), field), "-") << field;
}

// 10.0.0.9 on eth0.
rec_neigh neighbor(uint8_t state, uint32_t probes, uint32_t unicast = 3) {
  rec_neigh neigh{};
  neigh.known = 1;
  neigh.family = AF_INET;
  neigh.state = state;
  neigh.probes = probes;
  neigh.unicast_probes = unicast;
  neigh.ifindex = 2;
  set4(neigh.address, 9);
  std::strcpy(neigh.device, "eth0");
  return neigh;
}

std::string words(const rec_neigh& neigh) {
  return shown(RecordBuilder().neigh(neigh), "neigh");
}

TEST(Neigh, SaysHowOftenItWasAsked) {
  EXPECT_EQ(words(neighbor(NUD_INCOMPLETE, 4)), "neighbor 10.0.0.9 on eth0 asked once: INCOMPLETE");
  EXPECT_EQ(words(neighbor(NUD_FAILED, 6)), "neighbor 10.0.0.9 on eth0 asked 3 times: FAILED");
  EXPECT_EQ(words(neighbor(NUD_PROBE, 2)), "neighbor 10.0.0.9 on eth0 asked 2 times: PROBE");
  EXPECT_EQ(words(neighbor(NUD_DELAY, 0)), "neighbor 10.0.0.9 on eth0: DELAY");
  EXPECT_EQ(shown(RecordBuilder().neigh(neighbor(NUD_FAILED, 6)), "neigh_asked"), "3");
  EXPECT_EQ(shown(RecordBuilder().neigh(neighbor(NUD_DELAY, 0)), "neigh_asked"), "-");
}

TEST(Neigh, ThatAnswersSaysWhereItIs) {
  rec_neigh neigh = neighbor(NUD_INCOMPLETE, 4);
  neigh.has_new_state = 1;
  neigh.new_state = NUD_REACHABLE;
  neigh.lladdr[0] = 2;
  neigh.lladdr[5] = 0x11;
  EXPECT_EQ(words(neigh), "neighbor 10.0.0.9 on eth0 is at 02:00:00:00:00:11: REACHABLE");
  const auto record = RecordBuilder().neigh(neigh);
  EXPECT_EQ(shown(record, "neigh_state"), "REACHABLE");
  EXPECT_EQ(shown(record, "neigh_before"), "INCOMPLETE");
  EXPECT_EQ(shown(record, "neigh_lladdr"), "02:00:00:00:00:11");
}

TEST(Neigh, ThatCouldNotBeReadTellsNothing) {
  for (const char* field : {"neigh", "neigh_addr", "neigh_dev", "neigh_state", "neigh_lladdr", "neigh_asked"})
    EXPECT_EQ(shown(RecordBuilder().neigh({}), field), "-") << field;
}

}  // namespace
}  // namespace skbtrail::event
