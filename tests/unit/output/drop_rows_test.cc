// Rows of counted drops, as a person is shown them and as JSON.
#include "output/drop_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "output/drop_table.h"
#include "output/schema.h"
#include "output/schema_check.h"
#include "sample_records.h"
#include "text/printable.h"

namespace skbtrail::output {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class Named : public test::FakeNames {
 public:
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    using event::NameKind;
    if (kind == NameKind::drop_reason) return number == 3 ? "IP_RPFILTER" : "NO_SOCKET";
    if (kind == NameKind::symbol) return number == 9 ? "ping_rcv+0x2" : number == 8 ? "" : "__udp4_lib_rcv+0x4bc";
    if (kind == NameKind::netns) return "green";
    return FakeNames::name(kind, number);
  }
};
const Named kNames;

constexpr uint16_t kIp4 = 0x800, kIp6 = 0x86dd;

event::CountedDrop counted(uint64_t packets, uint32_t reason = 2, uint64_t location = 1, uint8_t traits = 0,
                           uint16_t protocol = kIp4, uint8_t next = 17, const char* device = "veth1") {
  event::CountedDrop drop{};
  drop.key.location = location;
  std::memcpy(drop.key.name, device, std::strlen(device));
  drop.key.reason = reason;
  drop.key.netns = 7;
  drop.key.ifindex = *device ? 2 : 0;
  drop.key.protocol = protocol;
  drop.key.next_header = next;
  drop.key.traits = static_cast<uint8_t>(traits | DROP_HAS_REASON);
  drop.count = {packets, packets * 100};
  return drop;
}

DropRows rows_of(std::vector<event::CountedDrop> drops) {
  DropRows rows(kNames);
  rows.update(drops);
  return rows;
}

TEST(DropRows, AreSortedByTheirNumberFalseAlarmsBehindDrops) {
  const auto rows = rows_of({counted(5), counted(90, 2, 9, DROP_COPIED_REPLY, kIp4, 1), counted(7, 3)});
  ASSERT_EQ(rows.rows().size(), 3u);
  EXPECT_EQ(rows.rows()[0].reason, "IP_RPFILTER");
  EXPECT_EQ(rows.rows()[2].benign, "no ping socket, but a raw socket or a capture got a copy");
  EXPECT_EQ(rows.dropped(), 12u);
  EXPECT_EQ(rows.false_alarms(), 90u);
}

TEST(DropRows, KeysThatAPersonCannotTellApartAreOneRow) {
  auto other = counted(3, 2, 1, DROP_ONLY_ACKNOWLEDGES, kIp4, 6), tcp = counted(4, 2, 1, 0, kIp4, 6);
  const auto rows = rows_of({other, tcp});
  ASSERT_EQ(rows.rows().size(), 1u);
  EXPECT_EQ(rows.rows()[0].packets, 7u);
  EXPECT_EQ(rows.rows()[0].bytes, 700u);
}

TEST(DropRows, WhatIsNewIsTheDifferenceToTheLookBefore) {
  DropRows rows(kNames);
  rows.update(std::vector{counted(5)});
  EXPECT_EQ(rows.rows()[0].more, 5u);
  rows.update(std::vector{counted(5), counted(2, 3)});
  EXPECT_EQ(rows.rows()[0].more, 0u);
  EXPECT_EQ(rows.rows()[1].more, 2u);
  EXPECT_EQ(rows.dropped_since(), 2u);
}

TEST(DropRows, ProtocolsHaveNames) {
  const auto protocol = [](uint16_t ethertype, uint8_t next) {
    return rows_of({counted(1, 2, 1, 0, ethertype, next)}).rows().at(0).protocol;
  };
  EXPECT_EQ(protocol(kIp4, 17), "udp");
  EXPECT_EQ(protocol(kIp6, 17), "udp6");
  EXPECT_EQ(protocol(kIp6, 58), "icmp6");
  EXPECT_EQ(protocol(kIp4, 253), "253");
  EXPECT_EQ(protocol(kIp4, SKBTRAIL_NO_NEXT_HEADER), "ip");
  EXPECT_EQ(protocol(0x806, SKBTRAIL_NO_NEXT_HEADER), "arp");
  EXPECT_EQ(protocol(0x1234, SKBTRAIL_NO_NEXT_HEADER), "0x1234");
  EXPECT_EQ(protocol(0, SKBTRAIL_NO_NEXT_HEADER), "");
}

TEST(DropRows, APlaceWithoutANameIsItsAddress) {
  EXPECT_EQ(rows_of({counted(1, 2, 8)}).rows()[0].location, "0x8");
}

event::CountedDrop others(uint64_t packets) {
  event::CountedDrop drop{};
  drop.key.traits = DROP_OTHER;
  drop.count.packets = packets;
  return drop;
}

DropTableChoice choice() {
  DropTableChoice choice;
  choice.reasons = std::make_shared<diagnose::Reasons>();
  return choice;
}

constexpr DropTableLayout::Moment kNow{5'000'000'000, 1'000'000'000};

TEST(DropTable, InAFileIsALineForWhatIsNewAndTheWholeAtTheEnd) {
  const auto table = make_drop_table(choice(), kNames);
  fmt::memory_buffer out;
  DropRows rows(kNames);
  rows.update(std::vector{counted(5)});
  table->interval(out, rows, {}, kNow);
  const std::string line = fmt::to_string(out);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_THAT(line,
              HasSubstr("      +5         5  NO_SOCKET       __udp4_lib_rcv     green    veth1    udp     no socket "
                        "takes it"));
  out.clear();
  rows.update(std::vector{counted(5)});
  table->interval(out, rows, {}, kNow);
  EXPECT_EQ(fmt::to_string(out), "");
  table->end(out, rows, {}, kNow);
  EXPECT_THAT(fmt::to_string(out), HasSubstr("  5 drops\n   MORE     DROPS  REASON"));
  EXPECT_THAT(fmt::to_string(out), Not(HasSubstr("+")));
}

// What is on a terminal after the last drawing.
std::string drawn(size_t columns, size_t lines, const std::vector<event::CountedDrop>& drops) {
  auto terminal = choice();
  terminal.terminal = true;
  const auto table = make_drop_table(terminal, kNames);
  table->set_size(columns, lines);
  DropRows rows(kNames);
  fmt::memory_buffer out;
  for (int i = 0; i < 2; i++) {
    out.clear();
    rows.update(drops);
    table->interval(out, rows, {}, kNow);
  }
  const std::string text = fmt::to_string(out);
  EXPECT_THAT(text, testing::StartsWith("\033["));
  return text.substr(text.find('J') + 1);
}

TEST(DropTable, FitsTheTerminal) {
  const std::vector drops{counted(123'456'789, 3), counted(1, 2, 9, DROP_COPIED_REPLY, kIp6, 58, "a-longer-device"),
                          others(3)};
  for (const size_t columns : {80u, 100u, 120u, 160u}) {
    const std::string text = drawn(columns, 24, drops);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      EXPECT_LE(text::columns_of(text.substr(begin, end - begin)), columns) << text;
      begin = end + 1;
    }
    EXPECT_EQ(text.find("MEANING") != std::string::npos, columns >= 120) << text;
  }
}

TEST(DropTable, ShowsNoMoreRowsThanTheTerminalHas) {
  std::vector<event::CountedDrop> drops;
  for (uint8_t next = 100; next < 140; next++) drops.push_back(counted(next, 2, 1, 0, kIp4, next));
  const std::string text = drawn(80, 24, drops);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24);
  EXPECT_THAT(text, HasSubstr("(20 more rows, which the end shows)\n"));
}

TEST(DropTable, WhatFoundNoRowIsLastOfTheDrops) {
  const std::string text = drawn(80, 24, {others(300), counted(2), counted(1, 2, 9, DROP_COPIED_REPLY, kIp4, 1)});
  EXPECT_LT(text.find("__udp4_lib_rcv"), text.find("(others)"));
  EXPECT_LT(text.find("(others)"), text.find("though nothing is wrong"));
}

TEST(DropTable, KeepsAHostileNameFromTheTerminal) {
  EXPECT_THAT(drawn(160, 24, {counted(1, 2, 1, 0, kIp4, 17, "\033[31mx")}), Not(HasSubstr("\033")));
}

CounterRow counter(const counters::Meaning& meaning, const char* name, uint64_t more) {
  CounterRow row{.key = {7, "Udp", name}, .meaning = &meaning, .gained = 20, .more = more};
  row.name = std::string("Udp") + name;
  row.netns = "green";
  row.command = "ip netns exec green ss -Hanupm";
  return row;
}

std::vector<nlohmann::json> objects(const DropRows& rows, const std::vector<CounterRow>& counters) {
  const auto table = make_json_drop_table(choice(), kNames);
  fmt::memory_buffer out;
  table->interval(out, rows, counters, kNow);
  std::vector<nlohmann::json> all;
  const std::string text = fmt::to_string(out);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    all.push_back(nlohmann::json::parse(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return all;
}

TEST(DropTable, JsonHasTheRegistrysKeysAndTheMeaning) {
  const auto all = objects(rows_of({counted(5)}), {});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["drops"], 5);
  EXPECT_EQ(all[0]["new"], 5);
  EXPECT_EQ(all[0]["proto"], "udp");
  EXPECT_EQ(all[0]["ifname"], "veth1");
  EXPECT_EQ(all[0]["interval"], 1'000'000'000);
  EXPECT_THAT(all[0]["meaning"].get<std::string>(), testing::StartsWith("no socket takes it"));
  EXPECT_THAT(all[0]["look"][0].get<std::string>(), testing::StartsWith("ip netns exec green ss"));
}

TEST(DropTable, JsonFollowsItsSchema) {
  const auto schema = nlohmann::json::parse(json_schema());
  const counters::Meaning meaning{"the receive buffer of a socket was full", counters::Packets::shown, "ss", {}};
  const auto rows = rows_of({counted(5), others(2), counted(1, 2, 9, DROP_COPIED_REPLY, kIp4, 1),
                             counted(1, 2, 1, 0, 0, SKBTRAIL_NO_NEXT_HEADER, "")});
  const auto all = objects(rows, {counter(meaning, "RcvbufErrors", 3), counter(meaning, "NoPorts", 0)});
  ASSERT_EQ(all.size(), 5u);
  for (const auto& object : all) EXPECT_TRUE(test::valid(schema, object)) << object;
}

TEST(Counters, WhatAnotherCounterCountsAsWellIsToldOnce) {
  const counters::Meanings meanings;
  counters::Gains gains;
  counters::Snapshot first, next;
  first.namespaces = next.namespaces = {7};
  for (const auto& [name, number] : {std::pair("InErrors", 12u), std::pair("RcvbufErrors", 9u)}) {
    first.values[{7, "Udp", name}] = {0};
    next.values[{7, "Udp", name}] = {number};
  }
  gains.begin(first);
  gains.update(next);
  const auto rows = counter_rows(gains, meanings, kNames);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].name, "UdpRcvbufErrors");
  EXPECT_EQ(rows[0].gained, 9u);
  EXPECT_EQ(rows[1].name, "UdpInErrors");
  EXPECT_EQ(rows[1].gained, 3u);
}

TEST(Counters, AReportSaysWhatWhereAndWhetherItIsAbove) {
  const counters::Meanings meanings;
  counters::Gains gains;
  counters::Snapshot first, next;
  first.namespaces = next.namespaces = {7};
  first.devices.insert({7, 3, "eth0"});
  const counters::Key missed{7, "interface", "rx_missed_errors", 4, "eth1"},
      squeeze{0, "softnet", "time_squeeze", 0, "CPU 1"};
  first.values[missed] = first.values[squeeze] = {0};
  next.values[missed] = {5};
  next.values[squeeze] = {2};
  gains.begin(first);
  gains.update(next);
  EXPECT_EQ(counter_report(gains, meanings, kNames, DropsShown::all, 0),
            "  +5  rx_missed_errors of green eth1: none is among the drops above\n"
            "      the device had no buffer left, its ring was full; look: ip netns exec green ethtool -g eth1\n"
            "  +2  softnet time_squeeze of CPU 1: no drop, but a sign\n"
            "      a CPU had more packets to work on than one softirq run takes, and left some for later; look: sysctl "
            "net.core.netdev_budget net.core.netdev_budget_usecs\n"
            "  the device eth0 of green went away, with what its counters gained at last");
}

TEST(CounterReport, SaysOfWhichDropsNotAllAreAbove) {
  using counters::Packets;
  EXPECT_EQ(packets_text(Packets::shown, DropsShown::all), "each is a drop above as well");
  EXPECT_EQ(packets_text(Packets::shown, DropsShown::filtered),
            "each is a drop above as well, if the filter lets it through");
  EXPECT_EQ(packets_text(Packets::shown, DropsShown::some), "each is a drop, of which not all are above");
  EXPECT_EQ(packets_text(Packets::unseen, DropsShown::some), "none is among the drops above");
}

}  // namespace
}  // namespace skbtrail::output
