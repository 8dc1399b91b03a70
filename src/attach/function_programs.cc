#include "attach/function_programs.h"

#include <algorithm>
#include <span>

#include "attach/fentry.h"
#include "attach/kprobe.h"
#include "load/bpf_object.h"

namespace skbtrail::attach {

using load::Backend;

namespace {

// With fentry a hit costs half of what it costs with a kprobe, and the start of each function as much as a hundred
// kprobes.multi; it is chosen for the kernels that lack kprobe.multi, and few functions.
constexpr size_t kFewFunctions = 8;

// Fentry takes no function that is given a list, nor one with any number of arguments.
bool is_out_of_reach_of_fentry(const probe::Probe& probe) {
  return is_given_a_list(probe.config) || probe.config.rule_via == RULE_LOG;
}

}  // namespace

FunctionPrograms::FunctionPrograms(Surroundings& around, size_t first)
    : ObjectPrograms(around, "the BPF object for functions", load::bpf_function_object_bytes()) {
  const Backend backend = around_.plan.backend == Backend::automatic ? best_backend(first) : around_.plan.backend;
  if (backend == Backend::kprobe_multi) {
    auto multi = std::make_unique<KprobeMultiFunctions>(around_, first, has_sessions(backend));
    multi_ = multi.get();
    kinds_.push_back(std::move(multi));
  } else if (backend == Backend::fentry) {
    kinds_.push_back(std::make_unique<FentryFunctions>(around_, first));
  } else {
    kinds_.push_back(std::make_unique<KprobeFunctions>(around_, first));
  }
}

Backend FunctionPrograms::best_backend(size_t first) const {
  const auto functions = std::span(around_.plan.probes).subspan(first);
  const bool out_of_reach = std::any_of(functions.begin(), functions.end(), is_out_of_reach_of_fentry);
  if (around_.kernel.has_kprobe_multi()) return Backend::kprobe_multi;
  const bool few = functions.size() <= kFewFunctions && !out_of_reach;
  return few || !around_.kernel.has_kprobes() ? Backend::fentry : Backend::kprobe;
}

// A program that is called at both ends. Who names kprobe.multi wants a link for each end.
bool FunctionPrograms::has_sessions(Backend backend) const {
  return around_.plan.backend == Backend::automatic && backend == Backend::kprobe_multi && around_.plan.returns() &&
         around_.plan.kernel.functions.session_is_return && around_.kernel.has_kprobe_session();
}

void FunctionPrograms::want_maps(load::Wanted& wanted, const load::RingMemory& rings) const {
  want_function_maps(wanted, around_.plan, rings);
}

std::vector<load::Concession> FunctionPrograms::concessions() {
  return {
      [this](const load::Refusal& refusal) { return !refusal.target_missing && multi_ && multi_->stop_sessions(); }};
}

}  // namespace skbtrail::attach
