#include "attach/function_kind.h"

#include <algorithm>
#include <cerrno>

#include "load/many_threads.h"

namespace skbtrail::attach {

namespace {

// Calls whose return is waited for at the same time.
constexpr uint32_t kOpenCalls = 8192;

}  // namespace

bool is_given_a_list(const probe_config& config) {
  return config.skb_via == VIA_LIST;
}

uint8_t returns_at(const probe::Probe& probe) {
  const bool can = probe.function->result.size != 0 && !is_given_a_list(probe.config);
  return can ? probe.config.returns : uint8_t{RETURNS_NOT};
}

void want_function_maps(load::Wanted& wanted, const load::Plan& plan, const load::RingMemory& rings) {
  want_maps_of_calls(wanted, plan, rings, kFunctionPrograms, false);
}

void want_maps_of_calls(load::Wanted& wanted, const load::Plan& plan, const load::RingMemory& rings, uint32_t programs,
                        bool copies) {
  if (load::uses_scratch(plan, rings)) wanted.map("scratch", programs, load::entry_room(plan));
  if (const uint32_t room = load::call_room(plan, wanted)) wanted.map("calls", kOpenCalls, room);
  if (copies || !plan.kernel.functions.rdonly_cast) wanted.map("skb_copies", programs);
  if (std::any_of(wanted.slots.begin(), wanted.slots.end(),
                  [](const auto& slot) { return (slot.config.sections & REC_SECTION_STACK) != 0; }))
    wanted.map("stack_scratch", programs);
}

// The return first, so that no call is kept whose return is not seen.
int FunctionLinks::attach(const load::BpfObject& object, uint16_t probe, uint32_t program, bool returns) {
  const size_t point = around_.hits.add_point({probe});
  std::vector<const char*> kinds{"entry"};
  if (returns) kinds.insert(kinds.begin(), "leave");
  for (const char* kind : kinds) {
    const int loaded = object.program(numbered(kind, program));
    load::Fd link = around_.kernel.attach_raw_tracepoint(nullptr, loaded, 0);
    if (!link) {
      const int error = errno;
      load::check_descriptors(error, "attach to " + around_.plan.probes[probe].name);
      return error;
    }
    around_.hits.add_program(point, duplicate(loaded));
    add(std::move(link), point, false);
  }
  return 0;
}

void FunctionLinks::add(load::Fd link, size_t point, bool counts) {
  if (counts) around_.hits.add_link(point, link.get());
  links_.push_back(std::move(link));
  points_.push_back(point);
}

void FunctionLinks::close(size_t functions) {
  const size_t of = links_.size();
  if (around_.ended) return around_.close_later(links_);
  around_.hits.forget_links();
  std::vector<uint64_t> missed(of);
  const auto close_one = [&](size_t i) {
    missed[i] = around_.kernel.missed_hits(links_[i].get());
    links_[i].reset();
  };
  load::by_many_threads(of, kWaitingThreads, close_one,
                        [&](size_t done) { around_.plan.progress("detaching", done * functions / of, functions); });
  for (size_t i = 0; i < of; i++) around_.hits.add_missed(points_[i], missed[i]);
  links_.clear();
}

}  // namespace skbtrail::attach
