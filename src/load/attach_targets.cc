#include "load/attach_targets.h"

#include <bpf/btf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace skbtrail::load {

namespace {

using kernel::Fd;

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};

// The types of this module as the kernel has them; empty, with errno, where it has none or does not hand them out.
Fd types_of_module(const std::string& module) {
  for (uint32_t id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
    Fd fd(bpf_btf_get_fd_by_id(id));
    if (!fd) return fd;
    char name[64] = "";
    bpf_btf_info facts{};
    facts.name = reinterpret_cast<uint64_t>(name);
    facts.name_len = sizeof(name);
    uint32_t size = sizeof(facts);
    if (bpf_obj_get_info_by_fd(fd.get(), &facts, &size) == 0 && facts.kernel_btf && name == module) return fd;
  }
  return {};
}

}  // namespace

void AttachTarget::put_into(bpf_prog_load_opts& options) const {
  options.attach_btf_id = type;
  options.attach_prog_fd = program;
  options.attach_btf_obj_fd = module;
}

std::vector<AttachTarget> AttachTargets::find(const std::vector<Wanted>& wanted) {
  // As the kernel's types call them: a tracepoint is the typedef of its prototype (include/trace/bpf_probe.h).
  std::vector<std::string> names;
  std::vector<const char*> functions, tracepoints;
  for (const auto& [program, kind] : wanted)
    names.push_back(kind.attach_type == BPF_TRACE_RAW_TP ? "btf_trace_" + program->target : program->target);
  for (size_t i = 0; i < wanted.size(); i++)
    if (!wanted[i].program->target_program)
      (wanted[i].kind.attach_type == BPF_TRACE_RAW_TP ? tracepoints : functions).push_back(names[i].c_str());
  std::vector<kernel::TypePlace> of_functions(functions.size()), of_tracepoints(tracepoints.size());
  if (types_ && !functions.empty()) of_functions = types_->function_places(functions);
  if (types_ && !tracepoints.empty()) of_tracepoints = types_->typedef_places(tracepoints);

  std::vector<AttachTarget> found;
  auto function = of_functions.begin(), tracepoint = of_tracepoints.begin();
  for (const auto& [program, kind] : wanted) {
    if (program->target_program)
      found.push_back(in_program(program->target_program, program->target));
    else
      found.push_back(in_kernel(*(kind.attach_type == BPF_TRACE_RAW_TP ? tracepoint++ : function++)));
  }
  return found;
}

AttachTarget AttachTargets::in_kernel(const kernel::TypePlace& place) {
  if (!place.id) return {.error = ENOENT};
  if (place.module == "vmlinux") return {.type = place.id};
  auto known = modules_.find(place.module);
  if (known == modules_.end()) {
    Fd types = types_of_module(place.module);
    if (!types) return {.error = errno};
    known = modules_.emplace(place.module, std::move(types)).first;
  }
  return {.type = place.id, .module = static_cast<uint32_t>(known->second.get())};
}

AttachTarget AttachTargets::in_program(uint32_t id, const std::string& function) {
  Fd program(bpf_prog_get_fd_by_id(id));
  if (!program) return {.error = errno};
  bpf_prog_info facts{};
  uint32_t size = sizeof(facts);
  if (bpf_obj_get_info_by_fd(program.get(), &facts, &size) != 0) return {.error = errno};
  const std::unique_ptr<btf, FreeBtf> types(btf__load_from_kernel_by_id(facts.btf_id));
  if (!types) return {.error = errno};
  const int type = btf__find_by_name_kind(types.get(), function.c_str(), BTF_KIND_FUNC);
  if (type < 0) return {.error = -type};
  programs_.push_back(std::move(program));
  return {.type = static_cast<uint32_t>(type), .program = static_cast<uint32_t>(programs_.back().get())};
}

}  // namespace skbtrail::load
