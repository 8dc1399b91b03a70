#include "load/shared_maps.h"

#include "load/follow_map.h"

namespace skbtrail::load {

namespace {

constexpr uint32_t kOwnedSockets = 65536;
constexpr uint32_t kTasks = 65536;
constexpr uint32_t kConversations = 32768;  // a connection takes one for each namespace that it crosses, and two more
constexpr const char* kSharedMaps[] = {"rings",       "ring_segments", "stacks",     "owned_inodes", "owned_sockets",
                                       "tasks",       ".bss.losses",   ".bss.rings", ".bss.targets", "follow_table",
                                       "follow_hash", "conversations", ".bss.follow"};

}  // namespace

std::vector<MapPlan> new_shared_maps(const Plan& plan, const RingMemory& rings) {
  std::vector<MapPlan> maps{{.name = "rings", .instead = rings.table}};
  if (rings.own) maps.push_back({.name = "ring_segments", .instead = rings.segments});
  if (plan.conditions.pid || plan.conditions.comm)
    for (const char* sockets : {"owned_inodes", "owned_sockets"}) maps.push_back({sockets, kOwnedSockets});
  if (wants_stacks(plan)) maps.push_back({"stacks", plan.stacks});
  if (plan.follows != Follows::nothing) maps.push_back({"follow_table", 1, follow_table_bytes(plan)});
  if (plan.follows != Follows::nothing && plan.follow_hash) maps.push_back({"follow_hash", plan.track});
  if (plan.conversations) maps.push_back({"conversations", kConversations});
  if (plan.tasks_alone) maps.push_back({"tasks", kTasks});
  return maps;
}

std::vector<MapPlan> shared_maps_of(const BpfObject& maker) {
  std::vector<MapPlan> maps;
  for (const char* name : kSharedMaps) maps.push_back({.name = name, .instead = maker.map(name)});
  return maps;
}

}  // namespace skbtrail::load
