#include "attach/packet_lives.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include "kernel/release.h"
#include "text/error_name.h"

namespace skbtrail::attach {

namespace {

struct Row {
  const char* function;
  const char* program;            // with the function's name after it: "end_kfree_skbmem", "made_by_skb_clone"
  const char* before = function;  // its name on older kernels
};

// Of each end, and of clones, a second program runs where the kernel skips the first (bpf/lineage.h).
constexpr const char *kEnds = "end", *kAgain = "again", *kMakes = "made_by", *kEnter = "enter", *kLeave = "leave",
                     *kMerges = "merged_by";

// Of the ends all have to be seen, or an address is no packet's for sure.
constexpr Row kRows[] = {
    {"kfree_skbmem", kEnds},
    {"napi_skb_cache_put", kEnds, "__kfree_skb_defer"},  // 6.4; 5.10 to 6.3
    {"kfree_skb_partial", kEnds},
    {"napi_skb_free_stolen_head", kEnds},
    {"skb_clone", kMakes},
    {"skb_clone", kAgain},
    {"skb_copy", kMakes},
    {"__pskb_copy_fclone", kMakes},
    {"skb_copy_expand", kMakes},
    {"ip_frag_next", kMakes},
    {"ip6_frag_next", kMakes},
    {"skb_morph", kMakes},
    {"skb_split", kMakes},
    {"skb_segment", kMakes},
    {"skb_segment_list", kMakes},
    {"ip_do_fragment", kMakes},
    {"ip6_fragment", kMakes},
    {"tcp_retransmit_skb", kEnter},
    {"tcp_retransmit_skb", kLeave},
    {"__tcp_retransmit_skb", kEnter},
    {"__tcp_retransmit_skb", kLeave},
    {"skb_pp_cow_data", kEnter},
    {"skb_pp_cow_data", kLeave},
    {"skb_gro_receive", kMerges},
    {"skb_gro_receive_list", kMerges},
    {"skb_try_coalesce", kMerges},
    {"inet_frag_reasm_finish", kMerges},
};

// Where there is no skb_pp_cow_data() (6.1) veth has a function of its own, mostly in a module. 5.10 has it inlined.
constexpr Row kRebuildsOfVeth[] = {{"veth_xdp_rcv_skb", kEnter}, {"veth_xdp_rcv_skb", kLeave}};

bool rebuilds_in_veth(const kernel::Btf& types) {
  if (types.function_id("skb_pp_cow_data") != 0) return false;
  return types.has_module("veth") || types.function_id("veth_xdp_rcv_skb") != 0;
}

constexpr const char* kSlab[] = {"kmem_cache_alloc", "kmem_cache_free"};

// By enum merge_point.
constexpr const char* kMergePoints[] = {"skb_gro_receive", "skb_gro_receive_list", "skb_try_coalesce",
                                        "inet_frag_reasm_finish"};
static_assert(std::size(kMergePoints) == MERGE_POINTS);

bool is_end(const Row& row) {
  return row.program == kEnds;
}

// Of each row what the kernel has; id 0: neither.
struct Function {
  const char* name;
  uint32_t id;
};
using Functions = std::array<Function, std::size(kRows)>;

Functions functions_of(const kernel::Btf& types) {
  std::vector<const char*> names;
  for (const Row& row : kRows) names.insert(names.end(), {row.function, row.before});
  const auto ids = types.function_ids(names);
  Functions functions{};
  for (size_t i = 0; i < functions.size(); i++) {
    const size_t at = 2 * i + (ids[2 * i] == 0);
    functions[i] = {names[at], ids[at]};
  }
  return functions;
}

std::string absent_end(const Functions& functions) {
  for (size_t i = 0; i < functions.size(); i++)
    if (is_end(kRows[i]) && functions[i].id == 0) return kRows[i].function;
  return "";
}

bool is_traced(const load::Plan& plan, std::string_view tracepoint) {
  return std::any_of(plan.probes.begin(), plan.probes.end(),
                     [&](const probe::Probe& probe) { return !probe.function && probe.name == tracepoint; });
}

}  // namespace

std::string PacketLives::unseen_end(const kernel::Btf& types) {
  return absent_end(functions_of(types));
}

std::string PacketLives::obstacle_to_memory(const kernel::Btf& types) {
  for (const char* tracepoint : kSlab)
    if (types.tracepoint_arguments(tracepoint).empty())
      return fmt::format("this kernel has no tracepoint {}", tracepoint);
  if (!kernel::runs_before(6, 19)) return "since Linux 6.19 skbs are taken from caches that no tracepoint tells of";
  return "";
}

bool PacketLives::sees_every_end(load::BpfKernel& kernel, const kernel::Btf& types) {
  const auto functions = functions_of(types);
  if (!absent_end(functions).empty()) return false;
  return kernel.loads({BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, functions.front().id});
}

std::vector<probe::Probe> PacketLives::merge_probes() {
  std::vector<probe::Probe> probes;
  for (const char* point : kMergePoints) {
    probe::Probe probe;
    probe.name = point;
    probe.module = "vmlinux";
    probe.config.skb_not_owned = 1;
    probe.config.sections = REC_SECTION_FOLLOW;
    probes.push_back(std::move(probe));
  }
  return probes;
}

PacketLives::PacketLives(Surroundings& around) : AttachKind(around) {
  const load::Plan& plan = around_.plan;
  const bool is_exact = plan.follows == load::Follows::every_life;
  if (plan.follows == load::Follows::nothing) return;
  for (const char* tracepoint : {"kfree_skb", "consume_skb"})
    if (is_exact || !is_traced(plan, tracepoint)) add_end(tracepoint, tracepoint);
  if (plan.follows == load::Follows::memory)
    for (const char* tracepoint : kSlab)
      hooks_.push_back({fmt::format("{}_{}", kEnds, tracepoint), tracepoint, true, false});
  if (!is_exact) return;
  const auto functions = functions_of(*plan.types);
  for (size_t i = 0; i < functions.size(); i++) {
    if (functions[i].id == 0) continue;
    const Row& row = kRows[i];
    if (is_end(row))
      add_end(row.function, functions[i].name);
    else
      hooks_.push_back({fmt::format("{}_{}", row.program, row.function), functions[i].name, false});
  }
  if (rebuilds_in_veth(*plan.types))
    for (const Row& row : kRebuildsOfVeth)
      hooks_.push_back({fmt::format("{}_{}", row.program, row.function), row.function, false});
}

void PacketLives::detach() {
  around_.close_later(links_);
}

void PacketLives::add_end(const char* point, const char* target) {
  hooks_.push_back({fmt::format("{}_{}", kEnds, point), target, true});
  if (around_.plan.follows == load::Follows::every_life)
    hooks_.push_back({fmt::format("{}_{}", kAgain, point), target, true});
}

void PacketLives::want(load::Wanted& wanted) const {
  for (const Hook& hook : hooks_)
    wanted.programs.push_back({.name = hook.program, .target = hook.is_typed ? hook.target : ""});
}

bool PacketLives::give_up(const load::Refusal& refusal) {
  return std::erase_if(hooks_, [&](const Hook& hook) { return hook.program == refusal.program && !hook.is_end; }) > 0;
}

size_t PacketLives::attach(const load::BpfObject& object) {
  for (const Hook& hook : hooks_) {
    load::Fd link =
        around_.kernel.attach_raw_tracepoint(hook.is_typed ? nullptr : hook.target, object.program(hook.program), 0);
    if (!link && hook.is_end)
      load::check(errno, fmt::format("cannot see the ends of packets at {} (--no-follow does without)", hook.target));
    if (link) links_.push_back(std::move(link));
  }
  return 0;
}

}  // namespace skbtrail::attach
