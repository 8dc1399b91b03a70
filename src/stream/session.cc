#include "stream/session.h"

#include <bpf/btf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <optional>

#include "attach/bpf_programs.h"
#include "attach/function_programs.h"
#include "attach/packet_lives.h"
#include "attach/tracepoint_programs.h"
#include "kernel/descriptor_limit.h"
#include "load/mapping.h"
#include "load/object_plan.h"
#include "stream/followed_packets.h"
#include "stream/rings.h"
#include "stream/shared_targets.h"
#include "text/error_name.h"

namespace skbtrail::stream {

namespace {

constexpr uint32_t kStacks = 8192;
constexpr size_t kDrainAtOnce = 8192;  // records of one ring, so that no ring waits long for its turn

// Tracepoints are before BPF programs and functions in a plan. Returns how many there are; more than an object has
// programs for are skipped.
size_t limit_tracepoints(std::vector<probe::Probe>& probes, std::vector<SkippedProbe>& skipped) {
  const auto is_function = [](const probe::Probe& probe) { return probe.function != nullptr; };
  auto end = std::find_if(probes.begin(), probes.end(), is_function);
  while (end - probes.begin() > SKBTRAIL_PROBES) {
    end = std::prev(end);
    skipped.push_back({end->name, fmt::format("more than {} tracepoints were chosen", SKBTRAIL_PROBES)});
    end = probes.erase(end);
  }
  return static_cast<size_t>(end - probes.begin());
}

// After them come BPF programs.
size_t count_programs(const std::vector<probe::Probe>& probes) {
  return static_cast<size_t>(
      std::count_if(probes.begin(), probes.end(), [](const probe::Probe& probe) { return probe.program != nullptr; }));
}

uint32_t possible_cpus(load::BpfKernel& kernel) {
  uint32_t count = 0;
  load::check(kernel.possible_cpus(count), "cannot count the CPUs");
  return count;
}

}  // namespace

struct Session::Impl {
  Impl(Plan wanted, load::BpfKernel& kernel);

  load::BpfKernel& kernel;
  Plan plan;
  std::vector<probe::Probe> probes;  // by number in records: the plan's, and where merges are told
  std::vector<SkippedProbe> skipped;
  size_t tracepoint_count;  // of the plan's probes, the first ones
  size_t program_count;     // BPF programs, after them
  uint32_t cpus;
  std::optional<Rings> rings;
  std::future<void> rings_ahead;
  SkippedHits skipped_hits;
  attach::Surroundings around;
  std::unique_ptr<attach::TracepointPrograms> tracepoints;  // null: there is nothing for this object
  std::unique_ptr<attach::BpfPrograms> programs;            // null: there are none
  std::unique_ptr<attach::FunctionPrograms> functions;      // the same
  std::vector<attach::ObjectPrograms*> objects;             // all that are there
  std::optional<load::Mapping> losses;                      // cpu_losses
  std::vector<cpu_losses> losses_at_end;                    // for programs may stay a while; empty: before the end
  std::optional<load::Mapping> targets;                     // struct targets
  std::optional<FollowedPackets> followed;                  // where packets are followed
  FollowedPackets::Clock::time_point next_turn;

  // The one that made the maps that all use.
  [[nodiscard]] const load::BpfObject& maps() const { return *objects.front()->object(); }
  Rings& the_rings();
  void make_rings_ahead();
  void load();
  void attach();
  void name_probes();
  // From when the rings are closed: nothing is recorded, lost or skipped any more, though programs may be hit.
  void end();
  // Those that are running when this is called.
  void wait_for_programs();
  [[nodiscard]] const cpu_losses* counts() const {
    return losses_at_end.empty() ? losses->as<const cpu_losses>() : losses_at_end.data();
  }
};

Session::Impl::Impl(Plan wanted, load::BpfKernel& running)
    : kernel(running),
      plan(std::move(wanted)),
      tracepoint_count(limit_tracepoints(plan.probes, skipped)),
      program_count(count_programs(plan.probes)),
      cpus(possible_cpus(kernel)),
      skipped_hits(kernel),
      around{kernel, plan, skipped_hits, skipped, std::vector<bool>(plan.probes.size(), false), false, {}} {
  if (plan.stacks == 0) plan.stacks = kStacks;
}

Rings& Session::Impl::the_rings() {
  if (rings_ahead.valid()) rings_ahead.get();
  return *rings;
}

// The kernel clears the rings' memory meanwhile.
void Session::Impl::make_rings_ahead() {
  rings_ahead = std::async(std::launch::async, [this] {
    // What programs need for rings of our own came before what they need to look at packet bytes in place.
    const RingKind kind = plan.kernel.bytes_type ? RingKind::own : RingKind::of_kernel;
    rings.emplace(kernel, kind, plan.ring_bytes, load::entry_room(plan), cpus);
  });
}

void Session::Impl::load() {
  if (attach::TracepointPrograms::are_wanted(plan, tracepoint_count)) {
    tracepoints = std::make_unique<attach::TracepointPrograms>(around, plan, tracepoint_count);
    objects.push_back(tracepoints.get());
  }
  if (program_count > 0) {
    programs = std::make_unique<attach::BpfPrograms>(around, tracepoint_count, program_count);
    objects.push_back(programs.get());
  }
  if (tracepoint_count + program_count < plan.probes.size()) {
    functions = std::make_unique<attach::FunctionPrograms>(around, tracepoint_count + program_count);
    objects.push_back(functions.get());
  }
  const auto memory = [this]() -> const load::RingMemory& { return the_rings().memory(); };
  for (attach::ObjectPrograms* object : objects) object->load(memory, object == objects.front() ? nullptr : &maps());
}

void Session::Impl::attach() {
  size_t attached = 0;
  for (attach::ObjectPrograms* object : objects) attached += object->attach();
  if (attached > 0) return;
  std::string why = skipped.empty() ? "" : ": " + skipped.front().name + ": " + skipped.front().reason;
  throw SessionError("nothing could be attached" + why, objects.back()->log());
}

void Session::Impl::name_probes() {
  probes = plan.probes;
  if (plan.follows != load::Follows::every_life) return;
  for (auto& merge : attach::PacketLives::merge_probes()) probes.push_back(std::move(merge));
}

Session::Session(Plan plan) : Session(std::move(plan), load::running_kernel()) {}

Session::Session(Plan plan, load::BpfKernel& kernel) {
  kernel::raise_descriptor_limit();
  impl_ = std::make_unique<Impl>(std::move(plan), kernel);
  impl_->make_rings_ahead();
  impl_->load();
  impl_->the_rings().connect(impl_->maps());
  fill_owners(kernel, impl_->maps(), impl_->plan);
  impl_->losses.emplace(impl_->maps().map(".bss.losses"), sizeof(cpu_losses) * SKBTRAIL_CPUS, PROT_READ);
  impl_->targets.emplace(impl_->maps().map(".bss.targets"), sizeof(::targets), PROT_READ | PROT_WRITE);
  set_targets(impl_->plan.targets);
  if (impl_->plan.follows != load::Follows::nothing) impl_->followed.emplace(kernel, impl_->plan, impl_->maps());
  impl_->attach();
  if (impl_->followed) impl_->followed->begin();
  impl_->name_probes();
  // What the start took is given back: BTF, objects, and what the verifier was shown.
  malloc_trim(0);
}

Session::~Session() = default;

Drained Session::drain(const Take& take) {
  return impl_->rings->drain(kDrainAtOnce, take);
}

void Session::add_task(uint32_t process) {
  const uint8_t yes = 1;
  if (impl_->plan.tasks_namespace) process |= SKBTRAIL_TASK_OF_NAMESPACE;
  load::check(impl_->kernel.update(impl_->maps().map("tasks"), &process, &yes), "cannot add to the table of tasks");
}

void Session::set_targets(const ::targets& now) {
  share_targets(*impl_->targets->as<::targets>(), now);
}

int Session::poll_fd() const {
  return impl_->rings->poll_fd();
}

std::chrono::milliseconds Session::fall_asleep() {
  return impl_->rings->fall_asleep();
}

size_t Session::skip_unfinished() {
  return impl_->rings->skip_unfinished();
}

// Until a function is detached the kernel takes a tenth of a second: where events can be ended before, they are.
void Session::detach() {
  const bool closed = impl_->rings->close();
  if (closed) impl_->end();
  // The other way round: programs that see the ends of packets are the last.
  for (auto object = impl_->objects.rbegin(); object != impl_->objects.rend(); object++) (*object)->detach();
  // A hit that began before its link was closed may still be running on another CPU.
  if (!closed) impl_->wait_for_programs();
  impl_->kernel.close_later(std::move(impl_->around.closed_later));
}

void Session::Impl::end() {
  skipped_hits.end();
  around.ended = true;
  wait_for_programs();
  const auto* now = losses->as<const cpu_losses>();
  losses_at_end.assign(now, now + SKBTRAIL_CPUS);
}

void Session::Impl::wait_for_programs() {
  if (followed)
    followed->end();
  else
    kernel.wait_for_programs();
}

const std::vector<probe::Probe>& Session::probes() const {
  return impl_->probes;
}
const std::vector<SkippedProbe>& Session::skipped() const {
  return impl_->skipped;
}
uint32_t Session::cpus() const {
  return impl_->cpus;
}
uint32_t Session::stacks() const {
  return impl_->plan.stacks;
}

std::vector<uint64_t> Session::stack(uint64_t id) const {
  std::vector<uint64_t> frames(REC_STACK_FRAMES);
  if (impl_->kernel.look_up(impl_->maps().map("stacks"), &id, frames.data()) != 0) frames.clear();
  return frames;
}

std::string Session::filter_path() const {
  const Plan& plan = impl_->plan;
  if (!plan.filter.packet) return "";
  load::FastReject fast;
  for (const attach::ObjectPrograms* object : impl_->objects) {
    fast.with += object->fast_reject().with;
    fast.without += object->fast_reject().without;
  }
  std::string path = "no fast reject";
  if (fast.with > 0) path = "fast reject";
  if (fast.with > 0 && fast.without > 0) path = fmt::format("fast reject, but not in {} programs", fast.without);
  path += plan.kernel.bytes_type ? ", then bytes where they lie" : ", bytes are copied";
  if (!impl_->tracepoints || !impl_->tracepoints->gathers()) return path + ", without fragments";
  const auto& no_gather = impl_->tracepoints->no_gather();
  if (no_gather.empty()) return path + ", fragments too";
  return fmt::format("{}, fragments too, but not at {}", path, fmt::join(no_gather, ", "));
}

size_t Session::attached_functions() const {
  return impl_->functions ? impl_->functions->attached() : 0;
}

size_t Session::attached_programs() const {
  return impl_->programs ? impl_->programs->attached() : 0;
}

size_t Session::attached() const {
  size_t attached = 0;
  for (const attach::ObjectPrograms* object : impl_->objects) attached += object->attached();
  return attached;
}

bool Session::has_own_rings() const {
  return impl_->rings->kind() == RingKind::own;
}

uint64_t Session::ring_bytes() const {
  return impl_->rings->bytes();
}

event::LossCounts Session::losses(uint32_t cpu) const {
  event::LossCounts counts{};
  for (size_t cause = 0; cause < counts.size(); cause++)
    counts[cause] = __atomic_load_n(&impl_->counts()[cpu & (SKBTRAIL_CPUS - 1)].lost[cause], __ATOMIC_ACQUIRE);
  return counts;
}

uint64_t Session::other_count(::other_count what) const {
  uint64_t sum = 0;
  const cpu_losses* counts = impl_->counts();
  for (uint32_t cpu = 0; cpu < SKBTRAIL_CPUS; cpu++)
    sum += __atomic_load_n(&counts[cpu].others[what], __ATOMIC_ACQUIRE);
  return sum;
}

std::optional<std::chrono::milliseconds> Session::followed_wait() {
  if (!impl_->followed || !impl_->followed->any()) return std::nullopt;
  const auto left = impl_->next_turn - FollowedPackets::Clock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds{0});
}

void Session::look_after_followed() {
  const auto now = FollowedPackets::Clock::now();
  if (!impl_->followed || now < impl_->next_turn) return;
  impl_->next_turn = now + FollowedPackets::turn_time(impl_->plan.track_age);
  impl_->followed->turn();
}

uint64_t Session::followed_aged() const {
  return impl_->followed ? impl_->followed->forgotten() : 0;
}

void Session::look_for_skipped(const std::function<void(const SkippedHits::AttachPoint&, uint64_t)>& take) {
  impl_->skipped_hits.look(take);
}

// Linux 6.7 brought both counts of kprobes, and perf tracepoints with them; struct bpf_link_info grew by one of them.
bool Session::counts_skipped() const {
  constexpr uint32_t kWithMissed = 56;
  if (std::none_of(impl_->objects.begin(), impl_->objects.end(),
                   [](const auto* object) { return object->needs_missed_counts(); }))
    return true;
  const btf* types = impl_->plan.types ? impl_->plan.types->vmlinux() : nullptr;
  const int id = types ? btf__find_by_name_kind(types, "bpf_link_info", BTF_KIND_STRUCT) : -1;
  return id > 0 && btf__type_by_id(types, static_cast<__u32>(id))->size >= kWithMissed;
}

}  // namespace skbtrail::stream
