#include "kernel/bpf_programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstring>

#include "kernel/fd.h"
#include "kernel/feature_probe.h"
#include "text/error_name.h"

namespace skbtrail::kernel {

namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
using Types = std::unique_ptr<btf, FreeBtf>;

std::string_view name_of(const btf* types, const btf_type* type) {
  const char* name = btf__name_by_offset(types, type->name_off);
  return name ? name : "";
}

// "struct xdp_md *", without const and typedefs; empty: it is no pointer to a struct.
std::string pointed_struct(const btf* types, uint32_t id) {
  const auto resolved = [&](uint32_t of) {
    const int to = btf__resolve_type(types, of);  // through modifiers and typedefs
    return to < 0 ? nullptr : btf__type_by_id(types, static_cast<uint32_t>(to));
  };
  const btf_type* pointer = resolved(id);
  if (!pointer || !btf_is_ptr(pointer)) return "";
  const btf_type* to = resolved(pointer->type);
  return to && btf_is_struct(to) ? fmt::format("struct {} *", name_of(types, to)) : "";
}

void read_types(BpfProgramFacts& facts, uint32_t btf_id, uint32_t function) {
  const Types types(btf__load_from_kernel_by_id(btf_id));
  const btf_type* entry = types ? btf__type_by_id(types.get(), function) : nullptr;
  if (!entry || !btf_is_func(entry)) return;
  facts.entry = name_of(types.get(), entry);
  facts.entry_type = function;
  const btf_type* prototype = btf__type_by_id(types.get(), entry->type);
  if (prototype && btf_is_func_proto(prototype) && btf_vlen(prototype) == 1)
    facts.argument = pointed_struct(types.get(), btf_params(prototype)->type);
}

Fd program_by_id(uint32_t id) {
  const int fd = bpf_prog_get_fd_by_id(id);
  return fd < 0 ? Fd() : Fd(fd);
}

class KernelSource : public BpfProgramSource {
 public:
  uint32_t next(uint32_t id) override {
    uint32_t found = 0;
    if (bpf_prog_get_next_id(id, &found) == 0) return found;
    if (errno == ENOENT) return 0;
    if (errno == EPERM) throw BpfProgramsError("the kernel lists its BPF programs to CAP_SYS_ADMIN alone: try sudo");
    throw BpfProgramsError(fmt::format("the kernel lists no BPF programs: {}", text::error_text(errno)));
  }

  std::optional<BpfProgramFacts> facts(uint32_t id) override {
    const Fd program = program_by_id(id);
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &length) != 0) return std::nullopt;
    BpfProgramFacts facts;
    facts.type = info.type;
    facts.name.assign(info.name, strnlen(info.name, sizeof(info.name)));
    facts.device = info.ifindex;
    facts.is_native = info.jited_prog_len != 0;
    if (info.btf_id == 0 || info.nr_func_info == 0) return facts;
    // The first function is the entry.
    bpf_func_info first{};
    bpf_prog_info again{};
    again.func_info = reinterpret_cast<uint64_t>(&first);
    again.nr_func_info = 1;
    again.func_info_rec_size = sizeof(first);
    length = sizeof(again);
    if (bpf_obj_get_info_by_fd(program.get(), &again, &length) == 0) read_types(facts, info.btf_id, first.type_id);
    return facts;
  }

  int try_on(uint32_t id, uint32_t entry_type) override {
    const Fd program = program_by_id(id);
    if (!program) return errno;
    FeatureProbe probe{BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, entry_type};
    probe.target_program = program.get();
    const auto loaded = load(probe);
    if (!loaded.program) return loaded.error;
    return attach_traced(loaded.program) ? 0 : errno;
  }
};

bool is_of_packets(uint32_t type) {
  return type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT ||
         type == BPF_PROG_TYPE_EXT;
}

std::string obstacle_of(const BpfProgramFacts& facts) {
  if (facts.type == BPF_PROG_TYPE_EXT)
    return "it replaces a function of another program (freplace), whose packets only that one knows";
  if (facts.device) return "it runs in the device itself (offloaded)";
  if (!facts.is_native) return "it is interpreted, and only what is translated can be traced (net.core.bpf_jit_enable)";
  if (facts.entry.empty()) return "it was loaded without type information (BTF), which says where it begins";
  const std::string_view wanted = facts.type == BPF_PROG_TYPE_XDP ? "struct xdp_md *" : "struct __sk_buff *";
  if (facts.argument != wanted) return fmt::format("its types do not say that its argument is {}", wanted);
  return "";
}

}  // namespace

std::unique_ptr<BpfProgramSource> bpf_programs_of_kernel() {
  return std::make_unique<KernelSource>();
}

bool BpfProgram::is_xdp() const {
  return type == BPF_PROG_TYPE_XDP;
}

std::string_view BpfProgram::kind() const {
  if (type == BPF_PROG_TYPE_EXT) return "freplace";
  return is_xdp() ? "xdp" : "tc";
}

std::vector<BpfProgram> packet_programs_after(BpfProgramSource& source, uint32_t id) {
  std::vector<BpfProgram> programs;
  while ((id = source.next(id)) != 0) {
    const auto facts = source.facts(id);
    if (!facts || !is_of_packets(facts->type)) continue;
    std::string name = facts->entry.empty() ? facts->name : facts->entry;
    if (name.empty()) name = std::to_string(id);
    programs.push_back({id, facts->type, std::move(name), obstacle_of(*facts)});
  }
  return programs;
}

std::vector<BpfProgram> packet_programs(BpfProgramSource& source) {
  return packet_programs_after(source, 0);
}

std::string bpf_program_obstacle(BpfProgramSource& source, const BpfProgram& program) {
  const auto facts = source.facts(program.id);
  if (!facts) return "it was unloaded meanwhile";
  const int error = source.try_on(program.id, facts->entry_type);
  if (error == 0) return "";
  // Another program replaces or extends it, or it is one of those that nothing may hang on.
  if (error == EBUSY || error == EINVAL) return "";
  return fmt::format("this kernel lets nothing hang on BPF programs (fentry): {}", text::error_text(error));
}

}  // namespace skbtrail::kernel
