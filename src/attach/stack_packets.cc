#include "attach/stack_packets.h"

#include <algorithm>
#include <cerrno>

namespace skbtrail::attach {

namespace {

constexpr const char* kEnds[] = {
    "netif_rx_exit",
    "netif_rx_ni_exit",
    "netif_receive_skb_exit",
    "netif_receive_skb_list_exit",
    "napi_gro_receive_exit",
    "napi_gro_frags_exit",
    "napi_poll",
    "softirq_exit",
};

constexpr std::string_view kProgram = "clear_";

// What the program of a traced net_dev_xmit does itself, when it has found the packet.
constexpr const char* kXmit = "net_dev_xmit";

bool asks_for_packets_of_stacks(const load::Plan& plan) {
  return plan.follows != load::Follows::nothing &&
         std::any_of(plan.probes.begin(), plan.probes.end(), [](const probe::Probe& probe) {
           return probe.config.skb_via == VIA_STACK || probe.config.skb_via == VIA_QUEUE;
         });
}

bool is_traced(const load::Plan& plan, std::string_view tracepoint) {
  return std::any_of(plan.probes.begin(), plan.probes.end(),
                     [&](const probe::Probe& probe) { return !probe.function && probe.name == tracepoint; });
}

}  // namespace

StackPackets::StackPackets(Surroundings& around) : AttachKind(around) {
  const load::Plan& plan = around_.plan;
  if (!asks_for_packets_of_stacks(plan)) return;
  ends_.assign(std::begin(kEnds), std::end(kEnds));
  if (!is_traced(plan, kXmit)) ends_.emplace_back(kXmit);
  if (!plan.types) return;
  const auto tracepoints = plan.types->tracepoints();
  std::erase_if(ends_, [&](const std::string& end) {
    return std::none_of(tracepoints.begin(), tracepoints.end(),
                        [&](const kernel::Tracepoint& tracepoint) { return tracepoint.name == end; });
  });
}

void StackPackets::want(load::Wanted& wanted) const {
  for (const auto& end : ends_) wanted.programs.push_back({.name = std::string(kProgram) + end, .target = end});
}

// What it has and does not let us see leaves doubt, which is none of ours to take.
bool StackPackets::give_up(const load::Refusal& refusal) {
  return refusal.target_missing && std::erase_if(ends_, [&](const std::string& end) {
                                     return refusal.program == std::string(kProgram) + end;
                                   }) > 0;
}

size_t StackPackets::attach(const load::BpfObject& object) {
  for (const auto& end : ends_) {
    load::Fd link = around_.kernel.attach_raw_tracepoint(nullptr, object.program(std::string(kProgram) + end), 0);
    if (!link) load::check(errno, "cannot see where work on a packet ends, at " + end + " (--no-follow does without)");
    links_.push_back(std::move(link));
  }
  return 0;
}

}  // namespace skbtrail::attach
