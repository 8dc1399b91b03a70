#include "kernel/feature_probe.h"

#include <bpf/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "text/lines.h"

namespace skbtrail::kernel {

namespace code {

namespace {

bpf_insn make(uint8_t operation, uint8_t to, uint8_t from, int16_t offset, int32_t number) {
  bpf_insn instruction{};
  instruction.code = operation;
  instruction.dst_reg = to & 0xf;
  instruction.src_reg = from & 0xf;
  instruction.off = offset;
  instruction.imm = number;
  return instruction;
}

}  // namespace

bpf_insn move_number(uint8_t to, int32_t number) {
  return make(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
}
bpf_insn move(uint8_t to, uint8_t from) {
  return make(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}
bpf_insn add(uint8_t to, int32_t number) {
  return make(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, number);
}
bpf_insn load(uint8_t to, uint8_t from, int16_t offset) {
  return make(BPF_LDX | BPF_MEM | BPF_DW, to, from, offset, 0);
}
bpf_insn store_on_stack(int16_t offset, int32_t number) {
  return make(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, offset, number);
}
bpf_insn call(int32_t helper) {
  return make(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}
bpf_insn call_kernel_function(int32_t btf_id) {
  return make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, btf_id);
}
Code load_map(uint8_t to, int map_fd) {
  return {make(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, map_fd), bpf_insn{}};
}
bpf_insn leave() {
  return make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

}  // namespace code

Code nothing() {
  return {code::move_number(BPF_REG_0, 0), code::leave()};
}

namespace {

// The last line that is neither empty nor a count of what was verified.
std::string last_words(const std::string& log) {
  std::string_view best;
  text::for_each_line(log, [&](std::string_view line) {
    if (!line.empty() && !line.starts_with("processed ") && !line.starts_with("verification time ")) best = line;
  });
  return std::string(best);
}

int load_once(const FeatureProbe& program, std::string* log) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = static_cast<bpf_attach_type>(program.attach_type);
  options.attach_btf_id = program.btf_id;
  // Both are one word to the kernel.
  if (program.target_program)
    options.attach_prog_fd = static_cast<uint32_t>(program.target_program);
  else
    options.attach_btf_obj_fd = static_cast<uint32_t>(program.module_btf);
  if (log) {
    options.log_buf = log->data();
    options.log_size = static_cast<uint32_t>(log->size());
    options.log_level = 1;
  }
  return bpf_prog_load(program.type, "skbtrail_check", "GPL", program.code.data(), program.code.size(), &options);
}

// An event for all CPUs (the one that is named has no part in it) with a program on it.
Fd open_event(perf_event_attr& attributes, const Fd& program) {
  attributes.size = sizeof(attributes);
  attributes.sample_period = 1;
  attributes.wakeup_events = 1;
  Fd event(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return event;
  if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program.get()) == 0 &&
      ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) == 0)
    return event;
  const int error = errno;
  event.reset();
  errno = error;
  return event;
}

Fd opened(int fd) {
  return fd < 0 ? Fd() : Fd(fd);
}

}  // namespace

Loaded load(const FeatureProbe& program) {
  Loaded loaded;
  loaded.program = opened(load_once(program, nullptr));
  if (loaded.program) return loaded;
  loaded.error = errno;
  std::string log(64 << 10, '\0');
  if (Fd again = opened(load_once(program, &log))) {
    loaded.program = std::move(again);  // for want of something that is there now
    loaded.error = 0;
    return loaded;
  }
  loaded.words = last_words(log.substr(0, log.find('\0')));
  return loaded;
}

Fd attach_raw_tracepoint(const char* name, const Fd& program) {
  return opened(bpf_raw_tracepoint_open(name, program.get()));
}

Fd attach_traced(const Fd& program) {
  return opened(bpf_raw_tracepoint_open(nullptr, program.get()));
}

Fd attach_kprobe_event(const Fd& program, uint32_t pmu_type, const char* function) {
  perf_event_attr attributes{};
  attributes.type = pmu_type;
  attributes.kprobe_func = reinterpret_cast<uint64_t>(function);
  return open_event(attributes, program);
}

Fd attach_tracepoint_event(const Fd& program, uint64_t id) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = id;
  return open_event(attributes, program);
}

}  // namespace skbtrail::kernel
