// User space's part of the table of followed packets.
#include "stream/followed_packets.h"

#include <gtest/gtest.h>

#include "attach/fake_kernel.h"
#include "load/follow_map.h"

namespace skbtrail::stream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// As programs see it.
struct FollowedPacketsTest : testing::Test {
  test::FakeKernel kernel;
  load::Plan plan;
  std::unique_ptr<load::BpfObject> maps;
  std::optional<FollowedPackets> followed;
  std::optional<load::Mapping> gate_map, table_map;

  FollowedPacketsTest() {
    plan.follows = load::Follows::every_life;
    plan.track = 100;
    plan.track_age = seconds(1);
    maps = kernel.open({}, nullptr);
    gate_map.emplace(maps->map(".bss.follow"), sizeof(follow_gate), PROT_READ | PROT_WRITE);
    table_map.emplace(maps->map("follow_table"), size_t{1} << 20, PROT_READ | PROT_WRITE);
  }
  FollowedPackets& open() { return followed.emplace(kernel, plan, *maps); }
  follow_gate& gate() { return *gate_map->as<follow_gate>(); }
  __u64& key(uint32_t slot) { return table_map->as<follow_table>()->keys[slot]; }
  follow_value& value(uint32_t slot) { return reinterpret_cast<follow_value*>(&key(plan.track))[slot]; }
  void insert(uint32_t slot, uint64_t address) {
    key(slot) = address;
    value(slot) = {.id = address + 1, .used = gate().turn};
    gate().any = FOLLOW_SOME;
  }
  // As long as a packet is kept when nothing is seen of it.
  void age() {
    for (milliseconds passed{0}; passed <= plan.track_age * 5 / 4; passed += FollowedPackets::turn_time(plan.track_age))
      followed->turn();
  }
};

TEST_F(FollowedPacketsTest, NoPacketBeginsToBeFollowedBeforeItIsSaid) {
  auto& packets = open();
  EXPECT_EQ(gate().begins, 0);
  packets.begin();
  EXPECT_EQ(gate().begins, 1);
}

TEST_F(FollowedPacketsTest, AtTheEndNoneIsFollowedWhateverIsInTheTable) {
  auto& packets = open();
  packets.begin();
  insert(3, 0xffff000000000040);
  packets.end();
  EXPECT_EQ(gate().begins, 0);
  EXPECT_EQ(gate().any, FOLLOW_NONE);
  EXPECT_TRUE(kernel.waited);
}

TEST_F(FollowedPacketsTest, TheGateIsClosedWhenTheTableIsEmpty) {
  auto& packets = open();
  EXPECT_FALSE(packets.any());
  insert(3, 0xffff000000000040);
  packets.turn();
  EXPECT_TRUE(packets.any());
  EXPECT_EQ(gate().any, FOLLOW_SOME);
  key(3) = 0;  // it has ended
  packets.turn();
  EXPECT_FALSE(packets.any());
  EXPECT_EQ(packets.forgotten(), 0u);
}

TEST_F(FollowedPacketsTest, APacketInTheSlotsBehindTheLastKeepsTheGateOpen) {
  auto& packets = open();
  insert(plan.track - 1, 0xffff000000000040);
  packets.turn();
  EXPECT_TRUE(packets.any());
}

TEST_F(FollowedPacketsTest, APacketOfWhichNothingIsSeenForLongIsForgotten) {
  auto& packets = open();
  insert(3, 0xffff000000000040);
  insert(4, 0xffff000000000080);
  const auto id = value(3).id;
  age();
  EXPECT_EQ(key(3), 0u);
  EXPECT_EQ(value(3).id, id - 1) << "the next packet in this slot has an id after it";
  EXPECT_EQ(packets.forgotten(), 2u);
  EXPECT_FALSE(packets.any());
}

TEST_F(FollowedPacketsTest, APacketThatIsSeenAgainIsKept) {
  auto& packets = open();
  insert(3, 0xffff000000000040);
  for (int i = 0; i < 200; i++) {
    packets.turn();
    if (i % 8 == 0) value(3).used = gate().turn;
  }
  EXPECT_NE(key(3), 0u);
  EXPECT_EQ(packets.forgotten(), 0u);
}

TEST_F(FollowedPacketsTest, AnEntryThatIsBeingWrittenIsLeftAlone) {
  open();
  insert(3, 0xffff000000000040);
  value(3).id--;
  age();
  EXPECT_NE(key(3), 0u);
}

TEST_F(FollowedPacketsTest, TheKernelsHashMapIsLookedAfterAsWell) {
  plan.follow_hash = true;
  auto& packets = open();
  auto& entries = kernel.contents["follow_hash"];
  const auto entry = [&] {
    follow_value known{.id = 7, .used = gate().turn};
    const auto* bytes = reinterpret_cast<const std::byte*>(&known);
    return std::vector<std::byte>(bytes, bytes + sizeof(known));
  };
  for (const uint64_t address : {0x40, 0x80}) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&address);
    entries[{bytes, bytes + sizeof(address)}] = entry();
  }
  gate().any = FOLLOW_SOME;
  packets.turn();
  EXPECT_TRUE(packets.any());
  age();
  EXPECT_TRUE(entries.empty());
  EXPECT_EQ(packets.forgotten(), 2u);
  EXPECT_FALSE(packets.any());
}

TEST(FollowedPackets, TurnsAreNoMoreThanTheirNumbersCanTell) {
  EXPECT_EQ(FollowedPackets::turn_time(milliseconds(100)), milliseconds(12));
  EXPECT_EQ(FollowedPackets::turn_time(seconds(30)), milliseconds(250));
  EXPECT_LT(std::chrono::hours(1) / FollowedPackets::turn_time(std::chrono::hours(1)), 32768);
}

}  // namespace
}  // namespace skbtrail::stream
