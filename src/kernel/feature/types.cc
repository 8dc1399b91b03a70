// What the kernel says of itself: types, addresses, trace files, statistics.
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>

#include "kernel/fd.h"
#include "kernel/feature/checks.h"
#include "kernel/section_types.h"
#include "kernel/tracefs.h"

namespace skbtrail::kernel::feature {

namespace {

std::string counted(size_t number, const char* what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

bool hands_out_skb(const Tracepoint& tracepoint) {
  return std::any_of(tracepoint.types.begin(), tracepoint.types.end(), [](const std::string& type) {
    return type == "struct sk_buff *" || type == "const struct sk_buff *";
  });
}

// Of the kernel proper, or of its modules.
size_t skb_tracepoints(const Btf& types, bool modules) {
  const auto all = types.tracepoints();
  return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const Tracepoint& tracepoint) {
    return (tracepoint.module != "vmlinux") == modules && hands_out_skb(tracepoint);
  }));
}

}  // namespace

uint32_t count_skb_tracepoints(const Host& host) {
  if (!host.types) return 0;
  return static_cast<uint32_t>(skb_tracepoints(*host.types, false) + skb_tracepoints(*host.types, true));
}

Attempt kernel_types(const Host& host) {
  if (!host.types) return refused(0, host.types_error);
  const size_t number = skb_tracepoints(*host.types, false);
  if (number == 0) return refused(0, "read, but there is no btf_trace_* with an skb");
  return works(counted(number, "tracepoint") + " with an skb");
}

Attempt module_types(const Host& host) {
  std::error_code error;
  size_t modules = 0;
  for (std::filesystem::directory_iterator at("/sys/kernel/btf", error), end; !error && at != end; at.increment(error))
    modules += at->path().filename() != "vmlinux";
  if (modules == 0) {
    std::ifstream loaded("/proc/modules");
    return loaded && loaded.peek() != std::ifstream::traits_type::eof()
               ? refused(0, "modules are loaded, without types")
               : idle("no module is loaded");
  }
  uint32_t id = 0;
  // Programs name a module's types by its descriptor, which only CAP_SYS_ADMIN gets.
  if (bpf_btf_get_next_id(0, &id) != 0) return refused();
  const Fd types(bpf_btf_get_fd_by_id(id));
  if (!types) return refused();
  const size_t number = host.types ? skb_tracepoints(*host.types, true) : 0;
  return works(fmt::format("{}, {} with an skb", counted(modules, "module"), counted(number, "tracepoint")));
}

Attempt drop_reasons(const Host& host) {
  if (!host.types) return refused(0, host.types_error);
  const size_t number = host.types->enumerators("skb_drop_reason").size();
  return number > 0 ? works(counted(number, "drop reason")) : refused(0, "there is no enum skb_drop_reason");
}

Attempt types_of_sections(const Host& host) {
  if (!host.types) return refused(0, host.types_error);
  std::string why;
  for (const auto& type : missing_types(*host.types))
    if (why.find(why_missing(type)) == std::string::npos) why += (why.empty() ? "" : "; ") + why_missing(type);
  std::set<std::string_view> types;  // that several sections may be made of
  for (const auto& type : section_types()) types.insert(type.type);
  return why.empty() ? works(counted(types.size(), "type")) : refused(0, why);
}

Attempt addresses(const Host&) {
  std::ifstream kallsyms("/proc/kallsyms");
  if (!kallsyms) return refused();
  for (std::string line; std::getline(kallsyms, line);)
    if (line.find_first_not_of('0') < line.find(' ')) return works();
  std::ifstream file("/proc/sys/kernel/kptr_restrict");
  std::string restrict = "?";
  file >> restrict;
  return refused(0, fmt::format("all read as zero; kernel.kptr_restrict={}", restrict));
}

Attempt trace_files(const Host&) {
  try {
    const Tracefs files;
    return works(files.detached() ? "opened for ourselves, mounted nowhere" : "as it is mounted");
  } catch (const TracefsError& error) {
    return refused(0, error.what());
  }
}

Attempt run_time_statistics(const Host&) {
  const Fd statistics(bpf_enable_stats(BPF_STATS_RUN_TIME));
  return statistics ? works() : refused();
}

}  // namespace skbtrail::kernel::feature
