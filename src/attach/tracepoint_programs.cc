#include "attach/tracepoint_programs.h"

#include <algorithm>

#include "attach/packet_lives.h"
#include "attach/service_programs.h"
#include "attach/stack_packets.h"
#include "attach/tracepoint_events.h"
#include "load/bpf_object.h"
#include "load/gathering.h"

namespace skbtrail::attach {

namespace {

constexpr size_t kFewTracepoints = 8;

}  // namespace

bool TracepointPrograms::are_wanted(const load::Plan& plan, size_t count) {
  return count > 0 || plan.follows != load::Follows::nothing || ServicePrograms::any(plan);
}

TracepointPrograms::TracepointPrograms(Surroundings& around, load::Plan& plan, size_t count)
    : ObjectPrograms(around, "the BPF object", load::bpf_object_bytes()), count_(count) {
  choose_gathering(plan);
  make_kinds();
}

// A filter that asks for headers alone hardly ever needs it, and a program that can takes the verifier five times as
// long. Few can have that in any case.
void TracepointPrograms::choose_gathering(load::Plan& plan) {
  if (!plan.filter.packet || !plan.types || (plan.filter.headers_alone && count_ > kFewTracepoints)) return;
  for (probe::Probe& probe : std::span(plan.probes).first(count_)) {
    probe.config.gathers =
        load::may_gather_at(around_.kernel, probe, *plan.types, plan.kernel.functions.dynptr_from_skb);
    gathers_ |= probe.config.gathers != 0;
    if (!probe.config.gathers) no_gather_.push_back(probe.name);
  }
}

// To look into fragments takes an skb of a type that the kernel trusts, which a shared program has not.
SharedPrograms TracepointPrograms::choose_shared() const {
  SharedPrograms none{{}, std::vector<uint8_t>(count_, 0)};
  if (!around_.plan.kernel.bytes_type || gathers_ || count_ < 2) return none;
  auto all = SharedPrograms::among(std::span(around_.plan.probes).first(count_));
  return all.programs.empty() || !SharedTracepoints::works(around_.kernel) ? none : all;
}

// In this order: services before what they serve, what a tracepoint hands out before the program that wants it, and
// what ends a packet after the program that tells of its end (a tracepoint calls programs in the order in which they
// were attached).
void TracepointPrograms::make_kinds() {
  SharedPrograms sharing = choose_shared();
  std::vector<uint16_t> events, typed;
  for (size_t i = 0; i < count_; i++) {
    const auto number = static_cast<uint16_t>(i);
    if (around_.plan.probes[i].has_perf_event()) events.push_back(number);
    if (around_.plan.probes[i].typed && !sharing.of[i]) typed.push_back(number);
  }
  kinds_.push_back(std::make_unique<ServicePrograms>(around_));
  kinds_.push_back(std::make_unique<TracepointEvents>(around_, std::move(events), count_));
  auto of_types = std::make_unique<TypedTracepoints>(around_, std::move(typed));
  auto of_shared = std::make_unique<SharedTracepoints>(around_, std::move(sharing));
  typed_ = of_types.get();
  shared_ = of_shared.get();
  kinds_.push_back(std::move(of_types));
  kinds_.push_back(std::move(of_shared));
  kinds_.push_back(std::make_unique<PacketLives>(around_));
  kinds_.push_back(std::make_unique<StackPackets>(around_));
}

void TracepointPrograms::want_maps(load::Wanted& wanted, const load::RingMemory& rings) const {
  const auto probes = static_cast<uint32_t>(std::max<size_t>(1, count_));
  if (load::wants_stacks(around_.plan)) wanted.map("stack_scratch", probes);
  if (load::uses_scratch(around_.plan, rings)) wanted.map("scratch", SKBTRAIL_PROGRAMS, load::entry_room(around_.plan));
}

std::vector<load::Concession> TracepointPrograms::concessions() {
  return {[this](const load::Refusal& refusal) { return !refusal.target_missing && stop_sharing(); },
          [this](const load::Refusal& refusal) { return !refusal.target_missing && stop_gathering(); }};
}

bool TracepointPrograms::stop_sharing() {
  const auto had = shared_->release();
  typed_->take(had);
  return !had.empty();
}

bool TracepointPrograms::stop_gathering() {
  gathers_ = false;
  return typed_->stop_gathering();
}

}  // namespace skbtrail::attach
