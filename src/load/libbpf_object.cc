#include "load/libbpf_object.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "kernel/min_core_btf.h"
#include "load/load_log.h"
#include "load/prepare_programs.h"
#include "load/session_error.h"
#include "text/error_name.h"

namespace skbtrail::load {

namespace {

constexpr const char* kConfig = ".rodata.config";

// libbpf takes types from a file only, which it reads when it loads the object.
void write_types(const Fd& file, const kernel::Btf& types, const bpf_object* object) {
  const auto bytes = kernel::min_core_btf(types, bpf_object__btf(object));
  if (bytes.empty() || write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw SessionError("cannot make the types that the embedded BPF object asks for: not enough memory");
}

}  // namespace

LibbpfObject::LibbpfObject(std::span<const std::byte> bytes, const kernel::Btf* types)
    : types_(types ? memfd_create("skbtrail-types", MFD_CLOEXEC) : -1) {
  const LoadLog log;
  prepare_programs_of_our_sections();
  const std::string path = fmt::format("/proc/self/fd/{}", types_.get());
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "skbtrail");
  if (types_ && access(path.c_str(), R_OK) == 0) options.btf_custom_path = path.c_str();
  object_.reset(bpf_object__open_mem(bytes.data(), bytes.size(), &options));
  if (!object_) throw SessionError(fmt::format("cannot open the embedded BPF object: {}", text::error_text(errno)));
  if (options.btf_custom_path) write_types(types_, *types, object_.get());
}

bpf_program* LibbpfObject::program_named(const std::string& name) const {
  bpf_program* program = bpf_object__find_program_by_name(object_.get(), name.c_str());
  if (!program) throw SessionError(fmt::format("the embedded BPF object has no program '{}'", name));
  return program;
}

bpf_map* LibbpfObject::map_named(const std::string& name) const {
  bpf_map* map = bpf_object__find_map_by_name(object_.get(), name.c_str());
  if (!map) throw SessionError(fmt::format("the embedded BPF object has no map '{}'", name));
  return map;
}

int LibbpfObject::program(const std::string& name) const {
  return bpf_program__fd(program_named(name));
}

int LibbpfObject::map(const std::string& name) const {
  return bpf_map__fd(map_named(name));
}

void LibbpfObject::set_map(const MapPlan& wanted) {
  bpf_map* map = map_named(wanted.name);
  const auto done = [&](int error, const char* doing) {
    check(std::abs(error), fmt::format("cannot {} the map '{}'", doing, wanted.name));
  };
  if (wanted.instead >= 0) done(bpf_map__reuse_fd(map, wanted.instead), "share");
  if (wanted.entries) done(bpf_map__set_max_entries(map, wanted.entries), "size");
  if (wanted.value_size) done(bpf_map__set_value_size(map, wanted.value_size), "size");
  if (!wanted.value.empty()) done(bpf_map__set_initial_value(map, wanted.value.data(), wanted.value.size()), "fill");
}

// A function that the kernel proper lacks is looked for in its modules, which takes CAP_SYS_ADMIN; libbpf 1.1 fails
// then, though the object can do without (6.1 with CAP_BPF and CAP_PERFMON alone). It looks only once, so it is made to
// do that here, for a target that is nowhere, where its failure does not matter.
void LibbpfObject::give_up_modules() {
  uint32_t first = 0;
  if (bpf_btf_get_next_id(0, &first) == 0 || errno != EPERM) return;
  bpf_program* any = bpf_object__next_program(object_.get(), nullptr);
  if (any) (void)bpf_program__set_attach_target(any, 0, "skbtrail_has_no_such_target");
}

// 0 or an errno.
int LibbpfObject::enable(const ProgramPlan& wanted) {
  bpf_program* program = program_named(wanted.name);
  if (wanted.kind) {
    if (bpf_program__type(program) != wanted.kind->type) bpf_program__set_type(program, wanted.kind->type);
    bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(wanted.kind->attach_type));
  }
  if (wanted.target_program) {
    const int fd = bpf_prog_get_fd_by_id(wanted.target_program);
    if (fd < 0) return errno;
    targets_.emplace_back(fd);
  }
  if (!wanted.target.empty()) {
    const int target = wanted.target_program ? targets_.back().get() : 0;
    if (const int error = bpf_program__set_attach_target(program, target, wanted.target.c_str()))
      return std::abs(error);
  }
  bpf_program__set_autoload(program, true);
  return 0;
}

LoadOutcome LibbpfObject::load(const ObjectPlan& plan) {
  LoadLog log;
  if (std::any_of(plan.programs.begin(), plan.programs.end(),
                  [](const auto& program) { return !program.target.empty(); }))
    give_up_modules();
  const auto config = std::as_bytes(std::span(&plan.config, 1));
  set_map({.name = kConfig, .value = {config.begin(), config.end()}});
  for (const MapPlan& map : plan.maps) set_map(map);
  for (const ProgramPlan& program : plan.programs) {
    log.clear();
    if (const int error = enable(program)) return {error, program.name, log.text()};
  }
  log.clear();
  Preparation preparation(object_.get(), kConfig, plan.prefilter, plan.functions);
  const int error = std::abs(bpf_object__load(object_.get()));
  return {error, "", log.text(), preparation.fast()};
}

}  // namespace skbtrail::load
