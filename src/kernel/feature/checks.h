// The checks themselves: each tries one thing, and says what came of it. The table in features.cc says what for.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/btf.h"
#include "kernel/capabilities.h"
#include "kernel/features.h"

struct btf;

namespace skbtrail::kernel::feature {

// What the checks share, read once.
struct Host {
  Host();
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Capabilities capabilities;
  std::optional<Btf> types;  // of the kernel and its modules
  std::string types_error;
  btf* vmlinux = nullptr;  // the kernel proper's alone, for ids; null: there is none

  // 0: there is none.
  [[nodiscard]] uint32_t function_id(const char* name) const;
  [[nodiscard]] uint32_t struct_id(const char* name) const;
  [[nodiscard]] uint32_t tracepoint_id(const char* name) const;
};

struct Attempt {
  Outcome outcome = Outcome::missing;
  int error = 0;
  std::string detail;
  std::vector<int> needs = {};  // capabilities that this kernel turned out to want, beside those that the table has
};

Attempt works(std::string detail = "");
// With errno, or another.
Attempt refused(std::string detail = "");
Attempt refused(int error, std::string detail = "");
Attempt idle(std::string detail);

// process.cc
Attempt has_capability(const Host& host, int capability);
Attempt lockdown(const Host&);
Attempt unprivileged_bpf(const Host&);
Attempt locked_memory(const Host&);
Attempt network_namespaces(const Host&);

// types.cc
Attempt kernel_types(const Host& host);
Attempt module_types(const Host& host);
Attempt drop_reasons(const Host& host);
Attempt types_of_sections(const Host& host);
Attempt addresses(const Host&);
Attempt trace_files(const Host&);
Attempt run_time_statistics(const Host&);
uint32_t count_skb_tracepoints(const Host& host);

// programs.cc
Attempt main_job(const Host& host);
Attempt typed_tracepoint(const Host& host);
Attempt raw_tracepoint(const Host&);
Attempt classic_tracepoint(const Host&);
Attempt ring_buffer(const Host&);
Attempt array_of_maps(const Host&);
Attempt mapped_map(const Host&);
Attempt kernel_reads(const Host& host);
Attempt stacks(const Host& host);
Attempt typed_cast(const Host& host);
Attempt packet_fragments(const Host& host);
Attempt compiler(const Host& host);

// functions.cc
Attempt kprobe(const Host&);
Attempt kprobe_multi(const Host&);
Attempt kprobe_session(const Host&);
Attempt function_entry(const Host& host);
Attempt function_exit(const Host& host);
Attempt function_entry_in_module(const Host& host);

}  // namespace skbtrail::kernel::feature
