#include "stream/drop_counter.h"

#include <malloc.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "attach/drop_programs.h"
#include "attach/skipped_hits.h"
#include "kernel/descriptor_limit.h"
#include "load/mapping.h"
#include "load/session_error.h"
#include "stream/shared_targets.h"

namespace skbtrail::stream {

namespace {

// No record is made, so there is no ring.
load::RingMemory no_rings() {
  return {.own = true, .of_cpu = std::vector<uint16_t>(SKBTRAIL_CPUS, 0)};
}

}  // namespace

struct DropCounter::Impl {
  Impl(load::Plan wanted, load::BpfKernel& running)
      : kernel(running),
        plan(std::move(wanted)),
        skipped_hits(kernel),
        around{kernel, plan, skipped_hits, skipped, std::vector<bool>(plan.probes.size(), false)},
        programs(around) {
    load::check(kernel.possible_cpus(cpus), "cannot count the CPUs");
    values.resize(cpus);
  }

  void fill_maps();
  [[nodiscard]] drop_count count_of(uint32_t row) const;

  load::BpfKernel& kernel;
  load::Plan plan;
  std::vector<event::SkippedProbe> skipped;
  attach::SkippedHits skipped_hits;
  attach::Surroundings around;
  attach::DropPrograms programs;
  load::RingMemory rings = no_rings();
  uint32_t cpus = 0;
  mutable std::vector<drop_count> values;  // of one row, by CPU
  std::optional<load::Mapping> losses, targets;
};

void DropCounter::Impl::fill_maps() {
  const uint8_t yes = 1;
  for (const uint32_t reason : plan.reasons)
    load::check(kernel.update(programs.object()->map("chosen_reasons"), &reason, &yes),
                "cannot fill the table of reasons");
  for (uint32_t row = SKBTRAIL_OTHER_DROPS + 1; row <= plan.rows; row++)
    load::check(kernel.update(programs.object()->map("free_rows"), nullptr, &row), "cannot make rows of drops");
}

drop_count DropCounter::Impl::count_of(uint32_t row) const {
  drop_count sum{};
  if (kernel.look_up(programs.object()->map("drop_counts"), &row, values.data()) != 0) return sum;
  for (const drop_count& of_cpu : values) {
    sum.packets += of_cpu.packets;
    sum.bytes += of_cpu.bytes;
  }
  return sum;
}

DropCounter::DropCounter(load::Plan plan) : DropCounter(std::move(plan), load::running_kernel()) {}

DropCounter::DropCounter(load::Plan plan, load::BpfKernel& kernel) {
  kernel::raise_descriptor_limit();
  impl_ = std::make_unique<Impl>(std::move(plan), kernel);
  impl_->programs.load([this]() -> const load::RingMemory& { return impl_->rings; }, nullptr);
  const load::BpfObject& object = *impl_->programs.object();
  impl_->losses.emplace(object.map(".bss.losses"), sizeof(cpu_losses) * SKBTRAIL_CPUS, PROT_READ);
  impl_->targets.emplace(object.map(".bss.targets"), sizeof(::targets), PROT_READ | PROT_WRITE);
  impl_->fill_maps();
  fill_owners(kernel, object, impl_->plan);
  set_targets(impl_->plan.targets);
  if (impl_->programs.attach() == 0)
    throw load::SessionError(
        "nothing could be attached: " + impl_->skipped.front().name + ": " + impl_->skipped.front().reason,
        impl_->programs.log());
  malloc_trim(0);  // what the start took
}

DropCounter::~DropCounter() = default;

std::vector<event::CountedDrop> DropCounter::read() const {
  std::vector<event::CountedDrop> rows;
  const auto add = [&](const drop_key& key, uint32_t row) {
    if (const drop_count count = impl_->count_of(row); count.packets > 0) rows.push_back({key, count});
  };
  const int map = impl_->programs.object()->map("drop_rows");
  drop_key key{}, last{};
  for (const drop_key* before = nullptr; impl_->kernel.next_key(map, before, &key) == 0; before = &last) {
    last = key;
    uint32_t row = 0;
    if (impl_->kernel.look_up(map, &key, &row) == 0) add(key, row);
  }
  drop_key others{};
  others.traits = DROP_OTHER;
  add(others, SKBTRAIL_OTHER_DROPS);
  return rows;
}

void DropCounter::set_targets(const ::targets& now) {
  share_targets(*impl_->targets->as<::targets>(), now);
}

void DropCounter::detach() {
  impl_->programs.detach();
  impl_->kernel.wait_for_programs();
}

uint64_t DropCounter::skipped() {
  uint64_t hits = 0;
  impl_->skipped_hits.look([&](const attach::SkippedHits::AttachPoint&, uint64_t more) { hits += more; });
  return hits;
}

uint64_t DropCounter::not_filtered() const {
  uint64_t sum = 0;
  for (uint32_t cpu = 0; cpu < SKBTRAIL_CPUS; cpu++)
    sum += __atomic_load_n(&impl_->losses->as<const cpu_losses>()[cpu].lost[REC_LOSS_UNFILTERED], __ATOMIC_ACQUIRE);
  return sum;
}

uint64_t DropCounter::of_other_families() const {
  uint64_t sum = 0;
  for (uint32_t cpu = 0; cpu < SKBTRAIL_CPUS; cpu++)
    sum += __atomic_load_n(&impl_->losses->as<const cpu_losses>()[cpu].others[COUNT_OTHER_FAMILIES], __ATOMIC_ACQUIRE);
  return sum;
}

}  // namespace skbtrail::stream
