// The configuration that programs are loaded with.
#include "load/object_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "bpf/record.h"
#include "bpf/ring.h"
#include "load/follow_map.h"
#include "load/shared_maps.h"

namespace skbtrail::load {
namespace {

TEST(ObjectPlan, SaysWhatIsAskedFor) {
  Plan plan;
  plan.snaplen = 96;
  plan.tasks_alone = plan.netns_moves = plan.filter_excludes = true;
  plan.conditions.netns = 4026531840;
  const auto config = object_plan(plan, {}, {}).config;
  EXPECT_EQ(config.snaplen, 96u);
  EXPECT_EQ(config.match_tasks, 1);
  EXPECT_EQ(config.netns_moves, 1);
  EXPECT_EQ(config.match_links, 0);
  EXPECT_EQ(config.filter_excludes, 1);
  EXPECT_EQ(config.match_netns, 1);
  EXPECT_EQ(config.netns, 4026531840u);
}

TEST(ObjectPlan, SaysWhatTheKernelHas) {
  Plan plan;
  EXPECT_EQ(object_plan(plan, {}, {}).config.rdonly_cast, 0);
  plan.kernel = {{.rdonly_cast = 70}, {.sk_buff = 5}, 9};
  const auto object = object_plan(plan, {}, {});
  EXPECT_EQ(object.config.rdonly_cast, 1);
  EXPECT_EQ(object.config.types.sk_buff, 5u);
  EXPECT_EQ(object.config.bytes_type, 9u);
  EXPECT_EQ(object.functions.rdonly_cast, 70u);
}

TEST(ObjectPlan, SaysHowPacketsAreFollowed) {
  Plan plan;
  EXPECT_EQ(object_plan(plan, {}, {}).config.follow, 0);
  plan.follows = Follows::content;
  plan.track = 1000;
  EXPECT_EQ(object_plan(plan, {}, {}).config.follow_slots, 1000u - SKBTRAIL_FOLLOW_PROBES);
  EXPECT_EQ(object_plan(plan, {}, {}).config.follow_exact, 0);
  plan.follows = Follows::every_life;
  plan.follow_hash = true;
  EXPECT_EQ(object_plan(plan, {}, {}).config.follow_exact, 1);
  EXPECT_EQ(object_plan(plan, {}, {}).config.follow_hash, 1);
}

TEST(ObjectPlan, TheTableOfFollowedPacketsHasRoomForSoManyUnlessTheKernelKeepsThem) {
  Plan plan;
  plan.track = 1000;
  EXPECT_EQ(follow_table_bytes(plan), sizeof(follow_table) + 1000 * (8 + sizeof(follow_value)));
  plan.follow_hash = true;
  EXPECT_EQ(follow_table_bytes(plan), sizeof(follow_table));
  plan.follows = Follows::every_life;
  std::map<std::string, uint32_t> entries;
  for (const auto& map : new_shared_maps(plan, {})) entries[map.name] = map.entries;
  EXPECT_EQ(entries["follow_table"], 1u);
  EXPECT_EQ(entries["follow_hash"], 1000u);
}

TEST(ObjectPlan, SaysWhereRecordsGo) {
  RingMemory own{.bytes = 8192, .segment_bits = 12, .secret = 77, .of_cpu = {0, 3, 1}};
  const auto config = object_plan({}, own, {}).config;
  EXPECT_EQ(config.ring_slots, 0u);
  EXPECT_EQ(config.ring_bytes, 8192u);
  EXPECT_EQ(config.ring_secret, 77u);
  EXPECT_EQ(config.ring_of[1], 3);
  RingMemory of_kernel{.own = false, .kernel_rings = 4};
  EXPECT_EQ(object_plan({}, of_kernel, {}).config.ring_slots, 4u);
}

TEST(ObjectPlan, HasAnEntryForEachProgramThatIsWanted) {
  Wanted wanted;
  wanted.slots.push_back({3, {}});
  wanted.slots.back().config.sections = REC_SECTION_CALLER;
  wanted.calls = {.cookies = true, .multiplier = 5, .max_probes = 2, .returned = {8, 9}};
  const auto config = object_plan({}, {}, wanted).config;
  EXPECT_EQ(config.probes[3].sections, uint32_t{REC_SECTION_CALLER});
  EXPECT_EQ(config.probes[3].rare_size, sizeof(rec_caller));
  EXPECT_EQ(config.cookies, 1);
  EXPECT_EQ(config.ip_hash_probes, 2);
  EXPECT_EQ(config.returned[1], 9);
}

TEST(ObjectPlan, HasRoomForTheLargestRecord) {
  Plan plan;
  plan.snaplen = 160;
  const uint32_t room = entry_room(plan);
  EXPECT_EQ(room % 8, 0u);
  plan.snaplen = 4096;
  EXPECT_EQ(entry_room(plan), room + 4096 - 160);
  plan.probes.emplace_back();
  plan.probes.back().config.args_size = 1024;
  EXPECT_EQ(entry_room(plan), room + 4096 - 160 + 1024 - 8);
}

TEST(ObjectPlan, HasRoomForWhatIsKeptUntilAFunctionReturns) {
  Plan plan;
  plan.snaplen = 160;
  Wanted wanted;
  wanted.slots.push_back({3, {}});
  wanted.slots.back().config.sections = REC_SECTION_NAT | REC_SECTION_RESULT;
  EXPECT_EQ(call_room(plan, wanted), 0u);
  wanted.slots.back().config.returns = RETURNS_ALONE;
  const uint32_t room = call_room(plan, wanted);
  EXPECT_GE(room, sizeof(ring_entry) + sizeof(rec_core) + sizeof(rec_nat) + sizeof(rec_result) + 160);
  EXPECT_LT(room, entry_room(plan));
  // Of several functions each has room.
  wanted.slots.push_back({4, {}});
  wanted.slots.back().config.returns = RETURNS_TOO;
  wanted.slots.back().config.sections = REC_SECTION_ARGS;
  wanted.slots.back().config.args_size = 64;
  EXPECT_EQ(call_room(plan, wanted), room + sizeof(rec_args) + 64);
  EXPECT_EQ(object_plan(plan, {}, wanted).config.call_room, call_room(plan, wanted));
}

}  // namespace
}  // namespace skbtrail::load
