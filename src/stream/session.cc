#include "stream/session.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <malloc.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <optional>
#include <system_error>

#include "kernel/descriptor_limit.h"
#include "load/bpf_object.h"
#include "load/gathering.h"
#include "stream/bpf_open.h"
#include "stream/function_programs.h"
#include "stream/mapping.h"
#include "stream/rings.h"
#include "stream/shared_programs.h"
#include "text/error_name.h"

namespace skbtrail::stream {

namespace {

constexpr const char* kTaskPrograms[] = {"tasks_fork", "tasks_free"};
constexpr uint32_t kStacks = 8192;
constexpr size_t kFewTracepoints = 8;
constexpr size_t kDrainAtOnce = 8192;  // records of one ring, so that no ring waits long for its turn

// Of the kind that makes records, and of the classic kind (bpf/section/args.h).
std::string program_name(size_t probe) {
  return fmt::format("probe_{:02x}", probe);
}
std::string shared_program_name(size_t number) {
  return fmt::format("shared_{:02x}", number);
}
std::string event_program_name(size_t probe) {
  return fmt::format("event_{:02x}", probe);
}

struct Blamed {
  size_t probe;
  bool event;  // its program of the classic kind
};

// The program that the log blames.
std::optional<Blamed> blamed_program(const std::string& log) {
  constexpr std::string_view kProbe = "prog 'probe_", kEvent = "prog 'event_";
  const auto probe = log.rfind(kProbe), event = log.rfind(kEvent);
  if (probe == std::string::npos && event == std::string::npos) return std::nullopt;
  const bool is_event = probe == std::string::npos || (event != std::string::npos && event > probe);
  return Blamed{std::stoul(log.substr((is_event ? event : probe) + kProbe.size(), 2), nullptr, 16), is_event};
}

// The event of the classic kind with this program on it, on all CPUs. It is detached when the descriptor is closed.
Fd open_event(uint32_t id, int program) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = id;
  // Programs run wherever the event happens, and whether or not it is enabled; the CPU only names the event
  // (kernel/trace/trace_event_perf.c). Enabled it would make samples as well, which nobody reads.
  attributes.disabled = 1;
  Fd event(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return event;
  if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program) != 0) {
    const int error = errno;
    event.reset();
    errno = error;
  }
  return event;
}

// Programs that this kernel does not take, by probe.
struct Refused {
  std::vector<bool> probes, events;
};

}  // namespace

struct Session::Parts {
  Plan plan;
  std::vector<SkippedProbe> skipped;
  Object object;  // null where there are only functions
  std::optional<Rings> rings;
  std::future<void> rings_ahead;
  SkippedHits skipped_hits;
  std::vector<Fd> links;
  std::optional<Mapping> losses;   // cpu_losses
  std::optional<Mapping> targets;  // struct targets
  SharedPrograms shared;
  FastReject fast;
  bool gathers = false;                // the filter may read fragments, where the kernel lets it
  std::vector<std::string> no_gather;  // tracepoints where it does not
  uint32_t cpus = 0;
  size_t tracepoints = 0;  // of the plan's probes, the first ones
  size_t attached = 0, attached_functions = 0;
  std::unique_ptr<FunctionPrograms> functions;  // the other probes, if there are any

  // The one that made the maps that both use.
  [[nodiscard]] bpf_object* maps() const { return object ? object.get() : functions->object(); }
  Rings& the_rings();
  void give_up_modules();
  void choose_gathering();
  void choose_shared();
  void configure();
  bool try_load(std::span<const std::byte> bytes, Refused& refused);
  bool enable(size_t probe, Refused& refused);
  void enable_shared();
  void fill_shared();
  void refuse(const Blamed& blamed, const std::string& reason, Refused& refused);
  void load();
  void fill_owners();
  void limit_tracepoints();
  void load_functions();
  bool attach_event(size_t probe);
  bool attach_typed(size_t probe);
  void attach_tasks();
  void attach();
};

Rings& Session::Parts::the_rings() {
  if (rings_ahead.valid()) rings_ahead.get();
  return *rings;
}

// A function that the kernel proper lacks is looked for in its modules, which takes CAP_SYS_ADMIN; libbpf 1.1 fails
// then, though the object can do without (6.1 with CAP_BPF and CAP_PERFMON alone). It looks only once, so it is made to
// do that here, for a target that is nowhere, and its failure is nobody's.
void Session::Parts::give_up_modules() {
  uint32_t first = 0;
  if (bpf_btf_get_next_id(0, &first) == 0 || errno != EPERM) return;
  bpf_program* any = bpf_object__next_program(object.get(), nullptr);
  if (any) (void)bpf_program__set_attach_target(any, 0, "skbtrail_has_no_such_target");
}

// A filter that asks for headers alone hardly ever needs it, and a program that can takes the verifier five times as
// long. Few can have that in any case.
void Session::Parts::choose_gathering() {
  if (!plan.filter.packet || !plan.types || (plan.filter.headers_alone && tracepoints > kFewTracepoints)) return;
  for (probe::Probe& probe : std::span(plan.probes).first(tracepoints)) {
    probe.places.gathers = may_gather_at(probe, *plan.types, plan.functions.dynptr_from_skb);
    gathers |= probe.places.gathers != 0;
    if (!probe.places.gathers) no_gather.push_back(probe.name);
  }
}

// To look into fragments takes an skb of a type that the kernel trusts, which a shared program has not.
void Session::Parts::choose_shared() {
  shared = {{}, std::vector<uint8_t>(tracepoints, 0)};
  if (!plan.config.bytes_type || gathers || tracepoints < 2) return;
  auto all = SharedPrograms::among(std::span(plan.probes).first(tracepoints));
  if (all.programs.empty() || !raw_tracepoint_cookies_work()) return;
  shared = std::move(all);
}

void Session::Parts::configure() {
  skbtrail_config config = common_config(plan, the_rings());
  for (size_t i = 0; i < tracepoints; i++) {
    config.probes[i] = plan.probes[i].places;
    config.probes[i].rare_size = rare_sections_size(&config.probes[i]);
    config.probes[i].shared = shared.of[i];
    config.probes[i].gathers &= gathers;
  }
  std::copy(shared.programs.begin(), shared.programs.end(), config.probes + SKBTRAIL_PROBES);
  check(bpf_map__set_initial_value(map_named(object.get(), ".rodata.config"), &config, sizeof(config)),
        "cannot set the configuration");
  size_shared_maps(object.get(), plan, the_rings());
  const auto probes = static_cast<uint32_t>(std::max<size_t>(1, tracepoints));
  const auto any = [&](auto asks) { return std::any_of(plan.probes.begin(), plan.probes.end(), asks); };
  if (any([](const auto& probe) { return probe.classic(); })) {
    bpf_map* stash = map_named(object.get(), "stash");
    check(bpf_map__set_max_entries(stash, probes), "cannot size the stash");
    check(bpf_map__set_value_size(stash, 2 * sizeof(uint64_t) + most_args(plan.probes)), "cannot size the stash");
  }
  if (any([](const auto& probe) { return (probe.places.sections & REC_SECTION_STACK) != 0; })) {
    check(bpf_map__set_max_entries(map_named(object.get(), "stack_scratch"), probes), "cannot size the map of stacks");
  }
  if (!config.ring_slots) return;
  bpf_map* scratch = map_named(object.get(), "scratch");
  check(bpf_map__set_max_entries(scratch, probes), "cannot size the scratch map");
  check(bpf_map__set_value_size(scratch, config.entry_room), "cannot size the scratch map");
}

// Switches on what the probe needs. False where that is known not to work before it was tried.
bool Session::Parts::enable(size_t i, Refused& refused) {
  const probe::Probe& probe = plan.probes[i];
  if (probe.classic() && !refused.events[i]) {
    bpf_program* event = bpf_object__find_program_by_name(object.get(), event_program_name(i).c_str());
    if (!event) throw SessionError("the embedded BPF object lacks a program");
    bpf_program__set_autoload(event, true);
  }
  if (!probe.typed || refused.probes[i]) return true;
  bpf_program* program = bpf_object__find_program_by_name(object.get(), program_name(i).c_str());
  if (!program) throw SessionError("the embedded BPF object lacks a program");
  if (shared.of[i]) {
    bpf_program__set_type(program, BPF_PROG_TYPE_RAW_TRACEPOINT);
    bpf_program__set_expected_attach_type(program, {});
    bpf_program__set_autoload(program, true);
    return true;
  }
  LoadLog::clear();
  const int error = bpf_program__set_attach_target(program, 0, probe.name.c_str());
  if (error) {
    check_descriptors(-error, "look up " + probe.name);
    refuse({i, false}, fmt::format("{}: {}", LoadLog::last_words(), text::error_text(-error)), refused);
    return false;
  }
  bpf_program__set_autoload(program, true);
  return true;
}

void Session::Parts::enable_shared() {
  for (size_t i = 0; i < shared.programs.size(); i++) {
    bpf_program* program = bpf_object__find_program_by_name(object.get(), shared_program_name(i).c_str());
    if (!program) throw SessionError("the embedded BPF object lacks a program");
    bpf_program__set_autoload(program, true);
  }
}

// From here on the tracepoints' own programs find them.
void Session::Parts::fill_shared() {
  const int map = bpf_map__fd(map_named(object.get(), "shared_programs"));
  for (uint32_t i = 0; i < shared.programs.size(); i++) {
    const int fd = bpf_program__fd(bpf_object__find_program_by_name(object.get(), shared_program_name(i).c_str()));
    if (bpf_map_update_elem(map, &i, &fd, BPF_ANY))
      throw SessionError(fmt::format("cannot put a program where others find it: {}", text::error_text(errno)));
  }
}

// Without its program of the classic kind a typed probe still works, and only what it hands out is unknown.
void Session::Parts::refuse(const Blamed& blamed, const std::string& reason, Refused& refused) {
  const probe::Probe& probe = plan.probes[blamed.probe];
  refused.events[blamed.probe] = true;
  if (!blamed.event) refused.probes[blamed.probe] = true;
  skipped.push_back({blamed.event && probe.typed ? probe.name + " (what it hands out)" : probe.name, reason});
}

// One attempt; a program that is refused is noted in `refused` for the next. Returns whether it is loaded.
bool Session::Parts::try_load(std::span<const std::byte> bytes, Refused& refused) {
  object = open_object(bytes, plan);
  give_up_modules();
  configure();
  for (size_t i = 0; i < tracepoints; i++)
    if (!enable(i, refused)) return false;
  enable_shared();
  if (plan.config.match_tasks)
    for (const char* program : kTaskPrograms)
      bpf_program__set_autoload(bpf_object__find_program_by_name(object.get(), program), true);
  LoadLog::clear();
  int error = load_object(object.get(), plan, fast);
  if (!error) {
    fill_shared();
    return true;
  }
  if (!shared.programs.empty() && error != -EPERM && error != -ENOMEM && !kernel::is_want_of_descriptors(-error)) {
    shared = {{}, std::vector<uint8_t>(tracepoints, 0)};
    return false;
  }
  if (gathers && error != -EPERM && error != -ENOMEM) {
    gathers = false;
    return false;
  }
  auto blamed = blamed_program(LoadLog::text());
  const auto known = [&] {
    return blamed->probe >= tracepoints || (blamed->event ? refused.events : refused.probes)[blamed->probe];
  };
  if (error == -EPERM || error == -ENOMEM || kernel::is_want_of_descriptors(-error) || !blamed || known())
    throw SessionError(fmt::format("the kernel refused the BPF object: {}; {}", why_not(error), remedy(-error)),
                       LoadLog::text());
  refuse(*blamed, "refused: " + why_not(error), refused);
  return false;
}

void Session::Parts::load() {
  if (tracepoints == 0 && !plan.config.match_tasks) return;
  const LoadLog log;
  Refused refused{std::vector<bool>(tracepoints, false), std::vector<bool>(tracepoints, false)};
  const auto bytes = prepared(bpf_object_bytes(), plan);
  choose_gathering();
  choose_shared();
  while (!try_load(bytes, refused)) {
  }
}

void Session::Parts::fill_owners() {
  if (plan.owned_inodes.empty()) return;
  int map = bpf_map__fd(map_named(maps(), "owned_inodes"));
  const uint8_t yes = 1;
  for (uint64_t inode : plan.owned_inodes)
    if (bpf_map_update_elem(map, &inode, &yes, BPF_ANY))
      throw SessionError(fmt::format("cannot fill the table of sockets: {}", text::error_text(errno)));
}

// Tracepoints stand before functions in a plan.
void Session::Parts::limit_tracepoints() {
  auto& probes = plan.probes;
  const auto is_function = [](const probe::Probe& probe) { return probe.function != nullptr; };
  auto end = std::find_if(probes.begin(), probes.end(), is_function);
  while (end - probes.begin() > SKBTRAIL_PROBES) {
    end = std::prev(end);
    skipped.push_back({end->name, fmt::format("more than {} tracepoints were chosen", SKBTRAIL_PROBES)});
    end = probes.erase(end);
  }
  tracepoints = static_cast<size_t>(end - probes.begin());
}

void Session::Parts::load_functions() {
  if (tracepoints == plan.probes.size()) return;
  functions = std::make_unique<FunctionPrograms>(
      plan, tracepoints, [this]() -> Rings& { return the_rings(); }, object.get(), skipped);
}

// Nothing to attach is no failure.
bool Session::Parts::attach_event(size_t i) {
  if (!plan.probes[i].classic()) return false;
  const int fd = bpf_program__fd(bpf_object__find_program_by_name(object.get(), event_program_name(i).c_str()));
  if (fd < 0) return false;
  Fd event = open_event(plan.probes[i].format->id, fd);
  if (!event) {
    check_descriptors(errno, "attach to " + plan.probes[i].name);
    skipped.push_back({plan.probes[i].name + (plan.probes[i].typed ? " (what it hands out)" : ""),
                       fmt::format("perf_event_open: {}", text::error_text(errno))});
    return false;
  }
  // Where a typed program makes the event, only what the tracepoint hands out is missed with this one.
  if (!plan.probes[i].typed)
    skipped_hits.add_program(skipped_hits.add_place({static_cast<uint16_t>(i)}), duplicate(fd));
  links.push_back(std::move(event));
  return true;
}

bool Session::Parts::attach_typed(size_t i) {
  if (!plan.probes[i].typed) return false;
  const int fd = bpf_program__fd(bpf_object__find_program_by_name(object.get(), program_name(i).c_str()));
  if (fd < 0) return false;
  const probe::Probe& probe = plan.probes[i];
  Fd link = shared.of[i] ? attach_raw_tracepoint(probe.name, fd, cookie_of(i, probe.places))
                         : Fd(bpf_raw_tracepoint_open(nullptr, fd));
  if (!link) {
    check_descriptors(errno, "attach to " + plan.probes[i].name);
    skipped.push_back({plan.probes[i].name, fmt::format("cannot attach: {}", text::error_text(errno))});
    return false;
  }
  skipped_hits.add_program(skipped_hits.add_place({static_cast<uint16_t>(i)}), duplicate(fd));
  links.push_back(std::move(link));
  return true;
}

// Before the others, so that no child is missed.
void Session::Parts::attach_tasks() {
  if (!plan.config.match_tasks) return;
  for (const char* program : kTaskPrograms) {
    Fd link(bpf_raw_tracepoint_open(nullptr, bpf_program__fd(bpf_object__find_program_by_name(object.get(), program))));
    if (!link) throw SessionError(fmt::format("cannot follow the command's tasks: {}", text::error_text(errno)));
    links.push_back(std::move(link));
  }
}

void Session::Parts::attach() {
  attach_tasks();
  for (size_t i = 0; i < tracepoints; i++) {
    // In this order: what is attached first is called first.
    const bool event = attach_event(i);
    const bool typed = attach_typed(i);
    if (typed || (event && !plan.probes[i].typed)) attached++;
  }
  if (functions) attached += attached_functions = functions->attach(skipped, skipped_hits);
  if (attached > 0) return;
  std::string why = skipped.empty() ? "" : ": " + skipped.front().name + ": " + skipped.front().reason;
  throw SessionError("nothing could be attached" + why, LoadLog::text());
}

Session::Session(Plan plan) : parts_(std::make_unique<Parts>()) {
  kernel::raise_descriptor_limit();
  parts_->plan = std::move(plan);
  parts_->limit_tracepoints();
  if (parts_->plan.stacks == 0) parts_->plan.stacks = kStacks;
  int cpus = libbpf_num_possible_cpus();
  if (cpus < 1) throw SessionError(fmt::format("cannot count the CPUs: {}", text::error_text(-cpus)));
  parts_->cpus = static_cast<uint32_t>(cpus);
  // The kernel clears the rings' memory meanwhile.
  parts_->rings_ahead = std::async(std::launch::async, [this] {
    const Plan& wanted = parts_->plan;
    // What programs need for rings of our own came before what they need to look at packet bytes in their place.
    const RingKind kind = wanted.config.bytes_type ? RingKind::own : RingKind::of_kernel;
    parts_->rings.emplace(kind, wanted.ring_bytes, entry_room(wanted), parts_->cpus);
  });
  parts_->load();
  parts_->load_functions();
  parts_->the_rings().connect(parts_->maps());
  parts_->fill_owners();
  parts_->losses.emplace(bpf_map__fd(map_named(parts_->maps(), ".bss.losses")), sizeof(cpu_losses) * SKBTRAIL_CPUS,
                         PROT_READ);
  parts_->targets.emplace(bpf_map__fd(map_named(parts_->maps(), ".bss.targets")), sizeof(::targets),
                          PROT_READ | PROT_WRITE);
  set_targets(parts_->plan.targets);
  parts_->attach();
  // What the start took is given back: BTF, objects, and what the verifier was shown.
  malloc_trim(0);
}

Session::~Session() = default;

size_t Session::drain(const Take& take) {
  return parts_->rings->drain(kDrainAtOnce, take);
}

void Session::add_task(uint32_t process) {
  const uint8_t yes = 1;
  if (bpf_map_update_elem(bpf_map__fd(map_named(parts_->maps(), "tasks")), &process, &yes, BPF_ANY))
    throw SessionError(fmt::format("cannot add to the table of tasks: {}", text::error_text(errno)));
}

void Session::set_targets(const ::targets& now) {
  auto* kept = parts_->targets->as<::targets>();
  for (size_t i = 0; i < SKBTRAIL_LINKS; i++) __atomic_store_n(&kept->links[i], now.links[i], __ATOMIC_RELAXED);
  __atomic_store_n(&kept->netns, now.netns, __ATOMIC_RELEASE);
}

int Session::poll_fd() const {
  return parts_->rings->poll_fd();
}

std::chrono::milliseconds Session::fall_asleep() {
  return parts_->rings->fall_asleep();
}

void Session::detach() {
  parts_->links.clear();
  if (parts_->functions) parts_->functions->detach(parts_->skipped_hits);
  // A hit that began before its link was closed may still be running on another CPU. The global memory barrier waits
  // for an RCU grace period (kernel/sched/membarrier.c), and programs run inside of RCU sections.
  syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

const std::vector<probe::Probe>& Session::probes() const {
  return parts_->plan.probes;
}
const std::vector<SkippedProbe>& Session::skipped() const {
  return parts_->skipped;
}
uint32_t Session::cpus() const {
  return parts_->cpus;
}
uint32_t Session::stacks() const {
  return parts_->plan.stacks;
}

std::vector<uint64_t> Session::stack(uint64_t id) const {
  std::vector<uint64_t> frames(REC_STACK_FRAMES);
  const int map = bpf_map__fd(map_named(parts_->maps(), "stacks"));
  if (bpf_map_lookup_elem(map, &id, frames.data()) != 0) frames.clear();
  return frames;
}

std::string Session::filter_path() const {
  const Plan& plan = parts_->plan;
  if (!plan.filter.packet) return "";
  FastReject fast = parts_->fast;
  if (parts_->functions) {
    fast.with += parts_->functions->fast_reject().with;
    fast.without += parts_->functions->fast_reject().without;
  }
  std::string path = "no fast reject";
  if (fast.with > 0) path = "fast reject";
  if (fast.with > 0 && fast.without > 0) path = fmt::format("fast reject, but not in {} programs", fast.without);
  path += plan.config.bytes_type ? ", then bytes where they lie" : ", bytes are copied";
  if (!parts_->gathers) return path + ", without fragments";
  if (parts_->no_gather.empty()) return path + ", fragments too";
  return fmt::format("{}, fragments too, but not at {}", path, fmt::join(parts_->no_gather, ", "));
}

size_t Session::attached_functions() const {
  return parts_->attached_functions;
}

size_t Session::attached() const {
  return parts_->attached;
}

bool Session::has_own_rings() const {
  return parts_->rings->kind() == RingKind::own;
}

uint64_t Session::ring_bytes() const {
  return parts_->rings->bytes();
}

event::LossCounts Session::losses(uint32_t cpu) const {
  event::LossCounts counts{};
  for (size_t cause = 0; cause < counts.size(); cause++)
    counts[cause] = __atomic_load_n(&parts_->losses->as<const cpu_losses>()[cpu & (SKBTRAIL_CPUS - 1)].lost[cause],
                                    __ATOMIC_ACQUIRE);
  return counts;
}

uint64_t Session::other_count(::other_count what) const {
  uint64_t sum = 0;
  const auto* counts = parts_->losses->as<const cpu_losses>();
  for (uint32_t cpu = 0; cpu < SKBTRAIL_CPUS; cpu++)
    sum += __atomic_load_n(&counts[cpu].others[what], __ATOMIC_ACQUIRE);
  return sum;
}

void Session::look_for_skipped(const std::function<void(const SkippedHits::Place&, uint64_t)>& take) {
  parts_->skipped_hits.look(take);
}

// Linux 6.7 brought both counts of kprobes, and perf tracepoints with them; struct bpf_link_info grew by one of them.
bool Session::counts_skipped() const {
  constexpr uint32_t kWithMissed = 56;
  const bool needed = (parts_->functions && parts_->functions->backend() != Backend::fentry) ||
                      std::any_of(parts_->plan.probes.begin(), parts_->plan.probes.end(),
                                  [](const auto& probe) { return !probe.function && !probe.typed; });
  if (!needed) return true;
  const btf* types = parts_->plan.types ? parts_->plan.types->vmlinux() : nullptr;
  const int id = types ? btf__find_by_name_kind(types, "bpf_link_info", BTF_KIND_STRUCT) : -1;
  return id > 0 && btf__type_by_id(types, static_cast<__u32>(id))->size >= kWithMissed;
}

}  // namespace skbtrail::stream
