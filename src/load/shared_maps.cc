#include "load/shared_maps.h"

namespace skbtrail::load {

namespace {

constexpr uint32_t kOwnedSockets = 65536;
constexpr uint32_t kTasks = 65536;
constexpr const char* kSharedMaps[] = {"rings",         "ring_segments", "stacks",      "owned_inodes",
                                       "owned_sockets", "tasks",         ".bss.losses", ".bss.rings",
                                       ".bss.targets",  "follow_table",  ".bss.follow"};

}  // namespace

std::vector<MapPlan> new_shared_maps(const Plan& plan, const RingMemory& rings) {
  std::vector<MapPlan> maps;
  if (rings.own)
    maps.push_back({.name = "ring_segments", .instead = rings.segments});
  else
    maps.push_back({"rings", rings.kernel_rings});
  if (plan.conditions.pid || plan.conditions.comm)
    for (const char* sockets : {"owned_inodes", "owned_sockets"}) maps.push_back({sockets, kOwnedSockets});
  if (wants_stacks(plan)) maps.push_back({"stacks", plan.stacks});
  if (plan.follows) maps.push_back({"follow_table", 1, sizeof(follow_table)});
  if (plan.tasks_alone) maps.push_back({"tasks", kTasks});
  return maps;
}

std::vector<MapPlan> shared_maps_of(const BpfObject& maker) {
  std::vector<MapPlan> maps;
  for (const char* name : kSharedMaps) maps.push_back({.name = name, .instead = maker.map(name)});
  return maps;
}

}  // namespace skbtrail::load
