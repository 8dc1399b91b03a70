// Programs at tracepoints, their maps, and what they may call.
#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>

#include "kernel/fd.h"
#include "kernel/feature/checks.h"
#include "kernel/feature_probe.h"
#include "kernel/tracefs.h"

namespace skbtrail::kernel::feature {

namespace {

constexpr const char* kTracepoint = "kfree_skb";
constexpr const char* kMapName = "skbtrail_check";

uint32_t page() {
  return static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
}

Fd make_map(bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries,
            const bpf_map_create_opts* options = nullptr) {
  return Fd(bpf_map_create(type, kMapName, key_size, value_size, entries, options));
}

bpf_map_create_opts map_options() {
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  return options;
}

// Loads code as a typed program at kfree_skb and attaches it.
Attempt at_kfree_skb(const Host& host, Code code) {
  const uint32_t id = host.tracepoint_id(kTracepoint);
  if (id == 0) return refused(ENOENT, "no type btf_trace_kfree_skb");
  const Loaded loaded = load({BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, id, 0, std::move(code)});
  if (!loaded.program) return refused(loaded.error, loaded.words);
  return attach_traced(loaded.program) ? works() : refused("loaded, but not attached");
}

Attempt calls(const Host& host, const char* function, Code before) {
  const uint32_t id = host.function_id(function);
  if (id == 0) return refused(ENOENT, "this kernel has no such function");
  before.push_back(code::call_kernel_function(static_cast<int32_t>(id)));
  for (const auto& instruction : nothing()) before.push_back(instruction);
  return at_kfree_skb(host, std::move(before));
}

// The number that is in the format file: "ID: 1234".
uint64_t number_in(const std::string& format) {
  constexpr std::string_view kKey = "\nID: ";
  const size_t at = format.find(kKey);
  uint64_t number = 0;
  if (at != std::string::npos) std::from_chars(format.data() + at + kKey.size(), format.data() + format.size(), number);
  return number;
}

}  // namespace

Attempt main_job(const Host& host) {
  if (!host.types) return refused(0, host.types_error);
  if (count_skb_tracepoints(host) == 0) return refused(0, "no tracepoint with an skb in the kernel's types");
  if (Attempt memory = locked_memory(host); memory.outcome != Outcome::works)
    return refused(0, "locked memory: " + memory.detail);
  const Fd ring = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, page());
  if (!ring) return refused("the ring buffer");
  Code code = code::load_map(BPF_REG_1, ring.get());
  code.push_back(code::store_on_stack(-8, 0));
  code.push_back(code::move(BPF_REG_2, BPF_REG_10));
  code.push_back(code::add(BPF_REG_2, -8));
  code.push_back(code::move_number(BPF_REG_3, 8));
  code.push_back(code::move_number(BPF_REG_4, BPF_RB_NO_WAKEUP));
  code.push_back(code::call(BPF_FUNC_ringbuf_output));
  for (const auto& instruction : nothing()) code.push_back(instruction);
  return at_kfree_skb(host, std::move(code));
}

Attempt typed_tracepoint(const Host& host) {
  return at_kfree_skb(host, nothing());
}

Attempt raw_tracepoint(const Host&) {
  const Loaded loaded = load({BPF_PROG_TYPE_RAW_TRACEPOINT});
  if (!loaded.program) return refused(loaded.error, loaded.words);
  return attach_raw_tracepoint(kTracepoint, loaded.program) ? works() : refused("loaded, but not attached");
}

Attempt classic_tracepoint(const Host&) {
  uint64_t number = 0;
  try {
    number = number_in(Tracefs().format("skb", kTracepoint).value_or(""));
  } catch (const TracefsError&) {
    return refused(EACCES, "the tracepoint's number is in tracefs, which cannot be opened");
  }
  if (number == 0) return refused(ENOENT, "tracefs has no event skb:kfree_skb");
  const Loaded loaded = load({BPF_PROG_TYPE_TRACEPOINT});
  if (!loaded.program) return refused(loaded.error, loaded.words);
  return attach_tracepoint_event(loaded.program, number) ? works() : refused("loaded, but not attached");
}

Attempt ring_buffer(const Host&) {
  const Fd ring = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, page());
  if (!ring) return refused();
  void* at = mmap(nullptr, page(), PROT_READ | PROT_WRITE, MAP_SHARED, ring.get(), 0);
  if (at == MAP_FAILED) return refused("made, but cannot be mapped");
  munmap(at, page());
  return works();
}

Attempt array_of_maps(const Host&) {
  const Fd inner = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, page());
  if (!inner) return refused("the ring buffer in it");
  auto options = map_options();
  options.inner_map_fd = static_cast<uint32_t>(inner.get());
  const Fd outer = make_map(BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(uint32_t), sizeof(uint32_t), 1, &options);
  if (!outer) return refused();
  const uint32_t key = 0;
  const int value = inner.get();
  return bpf_map_update_elem(outer.get(), &key, &value, BPF_ANY) == 0 ? works() : refused("made, but cannot be filled");
}

Attempt mapped_map(const Host&) {
  auto options = map_options();
  options.map_flags = BPF_F_MMAPABLE;
  const Fd map = make_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), page(), 1, &options);
  if (!map) return refused();
  void* at = mmap(nullptr, page(), PROT_READ, MAP_SHARED, map.get(), 0);
  if (at == MAP_FAILED) return refused("made, but cannot be mapped");
  munmap(at, page());
  return works();
}

Attempt kernel_reads(const Host& host) {
  Code code{code::load(BPF_REG_3, BPF_REG_1, 0), code::move(BPF_REG_1, BPF_REG_10), code::add(BPF_REG_1, -8),
            code::move_number(BPF_REG_2, 8), code::call(BPF_FUNC_probe_read_kernel)};
  for (const auto& instruction : nothing()) code.push_back(instruction);
  return at_kfree_skb(host, std::move(code));
}

Attempt stacks(const Host& host) {
  constexpr int16_t kBytes = 64;  // eight frames
  Code code;
  for (int16_t offset = kBytes; offset > 0; offset = static_cast<int16_t>(offset - 8))
    code.push_back(code::store_on_stack(static_cast<int16_t>(-offset), 0));
  code.push_back(code::move(BPF_REG_2, BPF_REG_10));
  code.push_back(code::add(BPF_REG_2, -kBytes));
  code.push_back(code::move_number(BPF_REG_3, kBytes));
  code.push_back(code::move_number(BPF_REG_4, 0));
  code.push_back(code::call(BPF_FUNC_get_stack));
  for (const auto& instruction : nothing()) code.push_back(instruction);
  return at_kfree_skb(host, std::move(code));
}

Attempt typed_cast(const Host& host) {
  return calls(host, "bpf_rdonly_cast",
               {code::load(BPF_REG_1, BPF_REG_1, 0),
                code::move_number(BPF_REG_2, static_cast<int32_t>(host.struct_id("sk_buff")))});
}

Attempt packet_fragments(const Host& host) {
  constexpr int16_t kDynptrBytes = 16;  // struct bpf_dynptr
  return calls(host, "bpf_dynptr_from_skb",
               {code::load(BPF_REG_1, BPF_REG_1, 0), code::move_number(BPF_REG_2, 0), code::move(BPF_REG_3, BPF_REG_10),
                code::add(BPF_REG_3, -kDynptrBytes)});
}

Attempt compiler(const Host& host) {
  const uint32_t id = host.tracepoint_id(kTracepoint);
  const Loaded loaded = load({BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, id});
  if (!loaded.program) return refused(loaded.error, "no program could be loaded to look at");
  bpf_prog_info info{};
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(loaded.program.get(), &info, &length) != 0) return refused();
  return info.jited_prog_len > 0 ? works() : refused(0, "the program that was loaded is interpreted");
}

}  // namespace skbtrail::kernel::feature
