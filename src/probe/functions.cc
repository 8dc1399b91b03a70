#include "probe/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <map>
#include <memory>

#include "event/direction.h"
#include "kernel/feature_probe.h"
#include "kernel/kprobes.h"
#include "kernel/tracefs.h"
#include "probe/decider_arguments.h"
#include "probe/header_state.h"
#include "probe/packet_end.h"
#include "probe/result_rules.h"
#include "probe/sent_arguments.h"
#include "text/error_name.h"
#include "text/glob.h"
#include "text/lines.h"

namespace skbtrail::probe {

namespace {

std::optional<std::string> traceable_here() {
  try {
    return kernel::Tracefs().traceable_functions();
  } catch (const kernel::TracefsError&) {
    return std::nullopt;
  }
}

// The names in such lines that are one of `names`, or that of a copy of one.
std::unordered_set<std::string_view> names_in(std::string_view lines,
                                              const std::unordered_set<std::string_view>& names) {
  std::unordered_set<std::string_view> found;
  text::for_each_line(lines, [&](std::string_view line) {
    const std::string_view name = line.substr(0, line.find_first_of(" \t"));  // the module is after it
    if (names.contains(name.substr(0, name.find('.')))) found.insert(name);
  });
  return found;
}

// Without kprobes there may still be fentry. All are tried; who may not even load a program cannot tell.
std::string obstacle_here(const kernel::Btf& btf) {
  if (kernel::has_kprobe_multi()) return "";
  if (!kernel::has_kprobes()) {
    const auto loaded = kernel::load({BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, btf.function_id("__kfree_skb")});
    if (loaded.program && kernel::attach_traced(loaded.program)) return "";
    return "this kernel was built without kprobes (CONFIG_KPROBE_EVENTS) and takes no fentry programs; "
           "'skbtrail doctor' has more";
  }
  const int refusal = kernel::kprobe_refusal();
  if (refusal == 0 || !kernel::load({BPF_PROG_TYPE_KPROBE}).program) return "";
  return fmt::format("kprobes are refused: {}; 'skbtrail doctor' has more", text::error_text(refusal));
}

// The function is there only as a copy that the compiler made, NAME.constprop.0 or NAME.isra.0. BTF has an entry for
// such a one only if all arguments are where its prototype says: pahole 1.25 and later with optimized_func (Linux 6.3,
// scripts/pahole-flags.sh), and before that it has none.
bool is_copy(const kernel::FunctionAddresses::Entry* entry) {
  return entry && entry->addresses.empty() && !entry->copies.empty();
}

std::string obstacle_of(const kernel::Function& function, bool hidden, const kernel::FunctionAddresses::Entry* entry,
                        const std::optional<std::unordered_set<std::string_view>>& traceable) {
  if (function.out_of_reach && !function.has_skb())
    return "out of reach: its skb is after the sixth argument, or after a struct that is passed by value";
  const bool by_copy = is_copy(entry);
  if (traceable && traceable->contains(by_copy ? entry->copy : function.name)) return "";
  const bool absent = !hidden && (!entry || (entry->addresses.empty() && !by_copy));
  if (absent) return "inlined: it has no code of its own";
  if (traceable) return "not traceable: the function tracer has no hook in it (notrace)";
  return "";
}

uint8_t position(uint8_t at) {
  return at == kernel::Function::kNowhere ? uint8_t{SKBTRAIL_NO_ARG} : at;
}

uint8_t via(kernel::Carrier carrier) {
  switch (carrier) {
    case kernel::Carrier::skb_pointer:
    case kernel::Carrier::nft_pktinfo: return VIA_POINTER;
    case kernel::Carrier::nft_traceinfo: return VIA_TRACE;
    case kernel::Carrier::skb_list: return VIA_LIST;
    case kernel::Carrier::socket: return VIA_SOCKET;
    default: return VIA_NOTHING;
  }
}

}  // namespace

Functions::Sources Functions::of_kernel() {
  return {kernel::Symbols::text_of_kernel, traceable_here, nullptr};
}

Functions::Sources Functions::read_ahead() {
  if (!kernel::has_kprobes()) return of_kernel();
  const auto ahead = [](auto read) {
    auto reading =
        std::make_shared<decltype(std::async(std::launch::async, read))>(std::async(std::launch::async, read));
    return [reading] { return reading->get(); };
  };
  return {ahead(kernel::Symbols::text_of_kernel), ahead(traceable_here), nullptr};
}

namespace {

constexpr std::string_view kOfTracepoints[] = {"__traceiter_", "__probestub_", "__bpf_trace_", "perf_trace_",
                                               "trace_event_raw_event_"};

// What the kernel makes for each tracepoint (include/linux/tracepoint.h, include/trace/bpf_probe.h): no packet is at a
// location of its own there.
bool is_of_tracepoint(std::string_view function) {
  return std::any_of(std::begin(kOfTracepoints), std::end(kOfTracepoints),
                     [&](std::string_view prefix) { return function.starts_with(prefix); });
}

}  // namespace

const std::string& Functions::obstacle() {
  if (!obstacle_) obstacle_ = sources_.obstacle ? sources_.obstacle() : obstacle_here(btf_);
  return *obstacle_;
}

void Functions::look() {
  if (looked_) return;
  looked_ = true;
  auto functions = btf_.packet_functions();
  std::erase_if(functions, [](const auto& function) { return is_of_tracepoint(function.name); });
  // A function of a name that is in BTF twice is taken once: what BTF says of it holds only if both agree.
  std::stable_sort(functions.begin(), functions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::unordered_set<std::string_view> names;
  for (const auto& function : functions) names.insert(function.name);
  const auto traceable_lines = sources_.traceable();
  const auto traceable = traceable_lines ? std::optional(names_in(*traceable_lines, names)) : std::nullopt;
  symbols_ = sources_.symbols();
  const auto addresses = kernel::addresses_of(symbols_, names);
  for (auto& function : functions) {
    const bool again = !all_.empty() && all_.back().function.name == function.name;
    if (again) {
      const auto& known = all_.back().function;
      if (known.skb_at != function.skb_at || known.skb_in != function.skb_in)
        all_.back().obstacle = "there are several functions of this name, with different arguments";
      continue;
    }
    const auto found = addresses.by_name.find(function.name);
    const auto* where = found == addresses.by_name.end() ? nullptr : &found->second;
    Candidate candidate;
    candidate.obstacle = obstacle_of(function, addresses.hidden, where, traceable);
    if (where) candidate.addresses = is_copy(where) ? where->copies : where->addresses;
    if (is_copy(where)) candidate.copy = where->copy;
    candidate.function = function;
    all_.push_back(std::move(candidate));
  }
  for (const auto& candidate : all_) by_name_.emplace(candidate.function.name, &candidate);
}

const std::vector<Candidate>& Functions::all() {
  look();
  return all_;
}

const Candidate* Functions::find(std::string_view name) {
  look();
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::string Functions::why_unknown(std::string_view name) {
  look();
  if (!modules_) modules_ = kernel::functions_of_modules(symbols_);
  const std::string glob(name);
  const auto is_meant = [&](const auto& entry) {
    return text::matches_glob(glob, std::string(entry.first)) && !btf_.has_module(entry.second);
  };
  auto found = modules_->find(name);
  if (text::is_glob(name)) found = std::find_if(modules_->begin(), modules_->end(), is_meant);
  if (found == modules_->end() || btf_.has_module(found->second)) return "";
  return fmt::format(
      "it is in module {0}, of which this kernel has no type information (/sys/kernel/btf/{0}; Linux 5.11 with "
      "CONFIG_DEBUG_INFO_BTF_MODULES)",
      found->second);
}

const std::map<int64_t, std::string>& Functions::enumerators(const std::string& enumeration) {
  const auto [known, added] = enumerators_.try_emplace(enumeration);
  if (added) known->second = btf_.enumerators(enumeration);
  return known->second;
}

event::ResultFormat Functions::result_format(const kernel::Function& function) {
  Result result = result_of(function);
  if (!result.enumeration.empty())
    for (const auto& [value, name] : enumerators(result.enumeration)) result.format.names.emplace(value, name);
  return std::move(result.format);
}

Probe Functions::probe(const Candidate& candidate) {
  const kernel::Function& function = candidate.function;
  Probe probe{function.name, function.module};
  probe.function =
      std::make_shared<FunctionTarget>(FunctionTarget{candidate.addresses, result_format(function), function.words});
  probe_config& config = probe.config;
  config.skb_arg = position(function.skb_at);
  config.skb_via = via(function.skb_in);
  config.sk_arg = position(function.sock_at);
  config.sk_via = via(function.sock_in);
  config.device_arg = config.location_arg = config.reason_arg = config.result_arg = config.len_arg = SKBTRAIL_NO_ARG;
  config.result_at = function.words;
  config.headers = header_state_at(function.name);
  config.direction = event::direction_at(function.name);
  config.ends = end_at_function(function.name);
  config.skb_not_owned = !probe.has_skb();
  config.sections = rec_sections_at(probe.has_skb() ? REC_SKB : REC_ANY);
  find_sent(function, config);
  config.hook_arg = config.table_arg = config.tc_arg = config.class_arg = config.ipvs_arg = config.xfrm_arg =
      config.rule_arg = config.verdict_arg = SKBTRAIL_NO_ARG;
  add_decider_arguments(probe, function);
  return probe;
}

}  // namespace skbtrail::probe
