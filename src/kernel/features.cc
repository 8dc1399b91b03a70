#include "kernel/features.h"

#include <bpf/libbpf.h>
#include <linux/capability.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/capabilities.h"
#include "kernel/config_file.h"
#include "kernel/feature/checks.h"

namespace skbtrail::kernel {

namespace {

using namespace feature;

constexpr const char* kProcess = "process";
constexpr const char* kTypes = "types";
constexpr const char* kPrograms = "programs";
constexpr const char* kFunctions = "functions";
constexpr const char* kReading = "reading";

using Needs = std::vector<int>;

struct Feature {
  const char* name;
  const char* group;
  const char* purpose;
  const char* tried;
  const char* without;
  const char* remedy;
  Needs needs;  // capabilities
  Attempt (*attempt)(const Host&);
};

template <int Capability>
Attempt holds(const Host& host) {
  return has_capability(host, Capability);
}

constexpr const char* kStatus = "CapEff in /proc/self/status";
constexpr const char* kLoadAttach = "bpf(BPF_PROG_LOAD) and BPF_RAW_TRACEPOINT_OPEN at kfree_skb";
constexpr const char* kGrant = "run as root; a container or service has to grant it";
// All capabilities are there, and it is refused all the same.
constexpr const char* kRefusedByPolicy =
    "capabilities do not help: lockdown, a security module, a seccomp filter or the kernel itself forbids it";
constexpr const char* kNewer62 = "none but Linux 6.2 or later";
constexpr const char* kTracepointsOnly = "tracepoints only";

std::vector<Feature> features() {
  const Needs none, tracing{CAP_BPF, CAP_PERFMON}, maps{CAP_BPF}, admin{CAP_SYS_ADMIN};
  const Needs events{CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN};
  return {
      {Examination::kMainJob, kPrograms, "the main job, at kfree_skb into a ring buffer",
       "BTF of vmlinux; bpf(BPF_MAP_CREATE, BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN)", "skbtrail does not run",
       "what is missing below: tp_btf, ring buffer, kernel types", tracing, main_job},

      {"CAP_BPF", kProcess, "loads programs, makes maps", kStatus, "nothing can be traced",
       "sudo skbtrail ..., or: setcap cap_bpf,cap_perfmon+ep SKBTRAIL", none, holds<CAP_BPF>},
      {"CAP_PERFMON", kProcess, "lets programs read the kernel's memory", kStatus, "nothing can be traced",
       "sudo skbtrail ..., or: setcap cap_bpf,cap_perfmon+ep SKBTRAIL", none, holds<CAP_PERFMON>},
      {"CAP_NET_ADMIN", kProcess, "not needed: no program changes packets", kStatus, "nothing is lost", kGrant, none,
       holds<CAP_NET_ADMIN>},
      {"CAP_SYS_ADMIN", kProcess, "tracefs, modules, run-time statistics", kStatus,
       "no groups for -t, no system calls, no modules' tracepoints", kGrant, none, holds<CAP_SYS_ADMIN>},
      {"CAP_SYSLOG", kProcess, "addresses of the kernel's functions", kStatus,
       "addresses (location, stacks) have no names", kGrant, none, holds<CAP_SYSLOG>},
      {"CAP_SYS_PTRACE", kProcess, "other users' processes: names, sockets", kStatus,
       "a namespace that has no name in /run/netns is shown by its number", kGrant, none, holds<CAP_SYS_PTRACE>},
      {"CAP_SYS_RESOURCE", kProcess, "more locked memory (before Linux 5.11)", kStatus, "the rings may not be made",
       kGrant, none, holds<CAP_SYS_RESOURCE>},
      {"locked memory", kProcess, "enough for the rings", "bpf(BPF_MAP_CREATE), getrlimit(RLIMIT_MEMLOCK)",
       "the rings cannot be made", "sudo prlimit --memlock=unlimited --pid $$, then again", maps, locked_memory},
      {"lockdown", kProcess, "the kernel lets root read its memory", "/sys/kernel/security/lockdown",
       "programs may not read packets", "boot without lockdown=confidentiality", none, lockdown},
      {"unprivileged BPF", kProcess, "BPF without capabilities", "/proc/sys/kernel/unprivileged_bpf_disabled",
       "nothing is lost", "none is needed", none, unprivileged_bpf},
      {"netns", kProcess, "-N, and the namespace in each event", "stat(/proc/self/ns/net)",
       "all events are of one namespace", "a kernel with CONFIG_NET_NS", none, network_namespaces},

      {"kernel types", kTypes, "tracepoints and their arguments", "/sys/kernel/btf/vmlinux", "skbtrail does not run",
       "a kernel with CONFIG_DEBUG_INFO_BTF", none, kernel_types},
      {"module types", kTypes, "tracepoints of modules", "/sys/kernel/btf/*, bpf(BPF_BTF_GET_FD_BY_ID)",
       "tracepoints of modules are skipped", "a kernel with CONFIG_DEBUG_INFO_BTF_MODULES (Linux 5.11)", admin,
       module_types},
      {"drop reasons", kTypes, "why kfree_skb dropped a packet", "enum skb_drop_reason in BTF",
       "a drop has its location, and no reason", "none but Linux 5.17 or later", none, drop_reasons},
      {"section types", kTypes, "fields made of what modules have: ct_*", "BTF of vmlinux and of the modules",
       "these fields are empty", "modprobe the module that detail names", none, types_of_sections},
      {"function names",
       kTypes,
       "names for addresses: location, stacks",
       "/proc/kallsyms",
       "addresses have no names",
       "sysctl kernel.kptr_restrict=1",
       {CAP_SYSLOG},
       addresses},

      {"tp_btf", kPrograms, "typed programs: how skbtrail traces", kLoadAttach, "skbtrail does not run",
       "a kernel with CONFIG_DEBUG_INFO_BTF and CONFIG_BPF_EVENTS, not locked down", tracing, typed_tracepoint},
      {"raw_tp", kPrograms, "untyped programs at tracepoints", kLoadAttach, "nothing is lost if tp_btf is ok",
       "a kernel with CONFIG_BPF_EVENTS", tracing, raw_tracepoint},
      {"tracepoint", kPrograms, "what a tracepoint hands out; system calls",
       "bpf(BPF_PROG_LOAD) and perf_event_open(2) at skb:kfree_skb", "no args, no system calls",
       "a kernel with CONFIG_BPF_EVENTS and CONFIG_PERF_EVENTS", events, classic_tracepoint},
      {"ring buffer", kPrograms, "events to user space", "bpf(BPF_MAP_CREATE), mmap(2)", "skbtrail does not run",
       "none but Linux 5.8 or later", maps, ring_buffer},
      {"array of maps", kPrograms, "a ring for each CPU", "bpf(BPF_MAP_CREATE, BPF_MAP_UPDATE_ELEM)",
       "skbtrail does not run", "none but Linux 5.10 or later", maps, array_of_maps},
      {"mmap of a map", kPrograms, "counts of losses, as they happen", "bpf(BPF_MAP_CREATE), mmap(2)",
       "skbtrail does not run", "none but Linux 5.5 or later", maps, mapped_map},
      {"kernel memory", kPrograms, "reads of packets (bpf_probe_read_kernel)", kLoadAttach, "skbtrail does not run",
       "boot without lockdown=confidentiality", tracing, kernel_reads},
      {"stacks", kPrograms, "call paths (bpf_get_stack)", kLoadAttach, "no stacks", "none that is known", tracing,
       stacks},
      {"bpf_rdonly_cast", kPrograms, "packet filters read packets in place", kLoadAttach,
       "packets are copied before they are filtered, which is slower", kNewer62, tracing, typed_cast},
      {"bpf_dynptr_from_skb", kPrograms, "filters on bytes in page fragments", kLoadAttach,
       "what a filter cannot decide is shown, and marked undecided",
       "none but a newer kernel (6.12 has it, 6.1 has not)", tracing, packet_fragments},
      {"JIT", kPrograms, "programs are machine code", "jited_prog_len of a loaded program",
       "programs are interpreted: every hit costs several times as much", "sysctl net.core.bpf_jit_enable=1", tracing,
       compiler},

      {"kprobe", kFunctions, "a program at one function", "bpf(BPF_PROG_LOAD) and perf_event_open(2) at __kfree_skb",
       kTracepointsOnly, "a kernel with CONFIG_KPROBES and CONFIG_KPROBE_EVENTS", tracing, kprobe},
      {"kprobe.multi", kFunctions, "a program at many functions at once",
       "bpf(BPF_PROG_LOAD, BPF_LINK_CREATE) at __kfree_skb", "functions are attached one by one, if at all",
       "a kernel with CONFIG_FPROBE (Linux 5.18)", tracing, kprobe_multi},
      {"kprobe.session", kFunctions, "begin and end of many functions",
       "bpf(BPF_PROG_LOAD, BPF_LINK_CREATE) at __kfree_skb", "begin and end are attached apart, if at all",
       "a kernel with CONFIG_FPROBE (Linux 6.10)", tracing, kprobe_session},
      {"fentry", kFunctions, "a typed program at a function's begin",
       "bpf(BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN) at __kfree_skb", kTracepointsOnly,
       "a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", tracing, function_entry},
      {"fexit", kFunctions, "a typed program at a function's end",
       "bpf(BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN) at __kfree_skb", kTracepointsOnly,
       "a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", tracing, function_exit},
      {"fentry in modules", kFunctions, "the same in a module",
       "bpf(BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN) at a module's functions", "functions of the kernel proper only",
       "a kernel with CONFIG_DEBUG_INFO_BTF_MODULES (Linux 5.11)", events, function_entry_in_module},

      {"tracefs", kReading, "groups of tracepoints and what they hand out", "fsopen(2), fsmount(2), openat(2)",
       "names alone: no groups for -t, no system calls", "a kernel with CONFIG_TRACING; as root", admin, trace_files},
      {"run-time statistics", kReading, "what the programs cost", "bpf(BPF_ENABLE_STATS)", "no cost is told",
       "none but Linux 5.8 or later", admin, run_time_statistics},
  };
}

struct OptionOfCheck {
  const char* option;
  const char* check;
};

constexpr OptionOfCheck kOptions[] = {
    {"CONFIG_BPF_SYSCALL", "ring buffer"},
    {"CONFIG_BPF_EVENTS", "tp_btf"},
    {"CONFIG_BPF_JIT", "JIT"},
    {"CONFIG_DEBUG_INFO_BTF", "kernel types"},
    {"CONFIG_DEBUG_INFO_BTF_MODULES", "module types"},
    {"CONFIG_KALLSYMS", "function names"},
    {"CONFIG_PERF_EVENTS", "tracepoint"},
    {"CONFIG_TRACING", "tracefs"},
    {"CONFIG_KPROBES", "kprobe"},
    {"CONFIG_KPROBE_EVENTS", "kprobe"},
    {"CONFIG_FPROBE", "kprobe.multi"},
    {"CONFIG_FUNCTION_TRACER", "fentry"},
    {"CONFIG_DYNAMIC_FTRACE", "fentry"},
    {"CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "fentry"},
    {"CONFIG_NET_NS", "netns"},
};

Check examined(const Feature& feature, const Host& host) {
  Check check{feature.name, feature.group, feature.purpose, feature.tried, feature.without, feature.remedy};
  Attempt attempt = feature.attempt(host);
  check.outcome = attempt.outcome;
  check.error = attempt.error;
  check.detail = std::move(attempt.detail);
  if (check.outcome != Outcome::missing) return check;
  auto lacking = host.capabilities.lacking(feature.needs);
  for (int capability : host.capabilities.lacking(attempt.needs)) lacking.push_back(capability);
  for (int capability : lacking) check.needs.push_back(capability_name(capability));
  if (!lacking.empty())
    check.outcome = Outcome::unknown;
  else if (check.error == EPERM && std::ranges::count(feature.needs, CAP_PERFMON) > 0)
    check.remedy = kRefusedByPolicy;
  return check;
}

ConfigOption::Verdict verdict(const std::string& value, const Check* check) {
  using Verdict = ConfigOption::Verdict;
  if (!check || check->outcome == Outcome::unknown || check->outcome == Outcome::idle) return Verdict::unknown;
  const bool set = value != "not set";
  return set == (check->outcome == Outcome::works) ? Verdict::agrees : Verdict::differs;
}

void compare_config(Examination& examination) {
  const auto file = ConfigFile::of_kernel();
  if (!file) return;
  examination.config_file = file->path();
  for (const auto& [option, check] : kOptions) {
    const std::string value = file->value(option);
    examination.config.push_back({option, value, check, verdict(value, examination.check(check))});
  }
}

// libbpf's own words would are in the middle of the page.
class SilentLibbpf {
 public:
  SilentLibbpf() : before_(libbpf_set_print(nullptr)) {}
  ~SilentLibbpf() { libbpf_set_print(before_); }
  SilentLibbpf(const SilentLibbpf&) = delete;
  SilentLibbpf& operator=(const SilentLibbpf&) = delete;

 private:
  libbpf_print_fn_t before_;
};

}  // namespace

const Check* Examination::check(const std::string& name) const {
  for (const auto& one : checks)
    if (one.name == name) return &one;
  return nullptr;
}

bool Examination::works(const std::string& name) const {
  const Check* found = check(name);
  return found && found->outcome == Outcome::works;
}

Examination examine() {
  const SilentLibbpf silent;
  const Host host;
  Examination examination;
  for (const auto& feature : features()) examination.checks.push_back(examined(feature, host));
  examination.skb_tracepoints = count_skb_tracepoints(host);
  compare_config(examination);
  return examination;
}

}  // namespace skbtrail::kernel
