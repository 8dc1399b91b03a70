#include "load/object_plan.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "bpf/ring.h"
#include "filter/prefilter.h"

namespace skbtrail::load {

namespace {

constexpr size_t kMadeHeaders = 64;  // more than MADE_HEADERS_MAX of bpf/early_headers.h

// Since the host was booted: fewer lives than nanoseconds begin, so that what a later run begins with is more.
// Far from those of other runs, however long these were.
uint64_t any_first_id() {
  const auto now = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return (now * 0x9e3779b97f4a7c15) & ~uint64_t{1};
}

// Where bytes are read in place, else nothing. A packet that the filter refuses may be of a followed connection.
std::optional<std::vector<bpf_insn>> prefilter_code(const Plan& plan, uint32_t refused) {
  if (!plan.filter.packet || plan.kernel.bytes_type == 0 || plan.conversations) return std::nullopt;
  return filter::prefilter_code(*plan.filter.packet, SKBTRAIL_TYPED_BYTES, refused);
}

void add_asked(skbtrail_config& config, const Plan& plan) {
  plan.conditions.apply(config);
  config.filter_excludes = plan.filter_excludes;
  config.match_tasks = plan.tasks_alone;
  if (plan.tasks_alone && plan.tasks_namespace) {
    config.pidns_device = plan.tasks_namespace->device;
    config.pidns_inode = plan.tasks_namespace->inode;
  }
  config.netns_moves = plan.netns_moves;
  config.match_links = plan.links_asked_for;
  config.snaplen = plan.snaplen;
  config.reason_choice = static_cast<__u8>(plan.counted_reasons);
  config.follow = plan.follows != Follows::nothing;
  config.follow_exact = plan.follows == Follows::every_life;
  config.follow_hash = plan.follow_hash;
  config.conversations = plan.conversations;
  for (size_t point = 0; point < MERGE_POINTS; point++)
    config.merges[point] = static_cast<__u16>(plan.probes.size() + point);
  config.first_id = config.follow ? any_first_id() : 0;
  config.follow_slots = plan.track - SKBTRAIL_FOLLOW_PROBES;
}

void add_kernel(skbtrail_config& config, const KernelIds& kernel) {
  config.rdonly_cast = kernel.functions.rdonly_cast != 0;
  config.types = kernel.types;
  config.bytes_type = kernel.bytes_type;
}

void add_rings(skbtrail_config& config, const RingMemory& rings) {
  if (!rings.own) {
    config.ring_slots = rings.kernel_rings;
    return;
  }
  config.ring_bytes = rings.bytes;
  config.segment_bits = rings.segment_bits;
  config.ring_secret = rings.secret;
  std::copy(rings.of_cpu.begin(), rings.of_cpu.end(), config.ring_of);
}

void add_filter(skbtrail_config& config, const filter::PacketFilter& filter, bool prefilter) {
  config.match_packet = filter.packet.has_value();
  config.match_inner = filter.inner.has_value();
  config.prefilter = prefilter;
  config.prefilter_tagged = prefilter && !filter.sees_through_tags && filter::may_want_tagged(*filter.packet);
  config.filter_length = filter.packet && filter::asks_length(*filter.packet);
  config.filter_fields = filter.packet && filter::asks_fields_written_last(*filter.packet);
  config.filter_type = filter.packet && filter::asks_packet_type(*filter.packet);
}

void add_calls(skbtrail_config& config, const FunctionCalls& calls) {
  config.cookies = calls.cookies;
  config.function_ip = calls.addresses;
  config.session = calls.session;
  config.ip_hash_multiplier = calls.multiplier;
  config.ip_hash_probes = calls.max_probes;
  std::copy(calls.returned.begin(), calls.returned.end(), config.returned);
}

// Everything of it, in one place.
skbtrail_config config_of(const Plan& plan, const RingMemory& rings, const Wanted& wanted, bool prefilter) {
  skbtrail_config config{};
  add_asked(config, plan);
  add_kernel(config, plan.kernel);
  add_rings(config, rings);
  add_filter(config, plan.filter, prefilter);
  add_calls(config, wanted.calls);
  config.call_room = call_room(plan, wanted);
  for (const Slot& slot : wanted.slots) {
    config.probes[slot.number] = slot.config;
    config.probes[slot.number].rare_size = rare_sections_size(&slot.config);
  }
  return config;
}

}  // namespace

uint32_t most_args(const std::vector<probe::Probe>& probes) {
  uint32_t most = 8;
  for (const auto& probe : probes) most = std::max<uint32_t>(most, probe.config.args_size);
  return most;
}

namespace {

// A record with these sections, and `more` bytes of them.
uint32_t room_for(const Plan& plan, uint32_t sections, uint32_t more) {
  size_t fixed = sizeof(ring_entry) + sizeof(rec_core) + more;
#define ADD_SIZE(bit, NAME, name, tail, of) \
  if (sections & REC_SECTION_##NAME) fixed += sizeof(rec_##name);
  REC_SECTIONS(ADD_SIZE)
#undef ADD_SIZE
  return static_cast<uint32_t>((fixed + std::max<size_t>(plan.snaplen, kMadeHeaders) + 31) & ~size_t{7});
}

}  // namespace

uint32_t entry_room(const Plan& plan) {
  return room_for(plan, ~uint32_t{0}, most_args(plan.probes));
}

uint32_t call_room(const Plan& plan, const Wanted& wanted) {
  uint32_t sections = 0, args = 0;
  for (const Slot& slot : wanted.slots) {
    if (slot.config.returns == RETURNS_NOT) continue;
    sections |= slot.config.sections;
    args = std::max<uint32_t>(args, slot.config.args_size);
  }
  return sections ? room_for(plan, sections, args) : 0;
}

bool uses_scratch(const Plan& plan, const RingMemory& rings) {
  return !rings.own || plan.filter.packet || plan.filter.inner;
}

bool wants_stacks(const Plan& plan) {
  return std::any_of(plan.probes.begin(), plan.probes.end(),
                     [](const auto& probe) { return (probe.config.sections & REC_SECTION_STACK) != 0; });
}

ObjectPlan object_plan(const Plan& plan, const RingMemory& rings, Wanted wanted) {
  ObjectPlan object;
  object.functions = plan.kernel.functions;
  object.prefilter = prefilter_code(plan, wanted.calls.session ? 1 : 0);
  object.config = config_of(plan, rings, wanted, object.prefilter.has_value());
  object.programs = std::move(wanted.programs);
  object.maps = std::move(wanted.maps);
  return object;
}

}  // namespace skbtrail::load
