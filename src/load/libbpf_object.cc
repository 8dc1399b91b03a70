#include "load/libbpf_object.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "kernel/min_core_btf.h"
#include "load/attach_targets.h"
#include "load/program_loads.h"
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
    : kernel_types_(types), types_(types ? memfd_create("skbtrail-types", MFD_CLOEXEC) : -1) {
  const LoadLog log;
  ask_for_programs_of_our_sections();
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
  if (const auto found = programs_.find(name); found != programs_.end()) return found->second.get();
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

ProgramKind LibbpfObject::kind_of(const ProgramPlan& program) const {
  return program.kind.value_or(kind_of_section(bpf_program__section_name(program_named(program.name))));
}

// Those that libbpf has stubs of by now, which are closed before others need the descriptors.
LoadOutcome LibbpfObject::load_programs(const ObjectPlan& plan, const LoadLog& log,
                                        std::span<RelocatedProgram> relocated) {
  for (const RelocatedProgram& program : relocated) bpf_program__unload(program_named(program.name));
  bpf_map* config = map_named(kConfig);
  size_t size = 0;
  const auto* value = static_cast<const std::byte*>(bpf_map__initial_value(config, &size));
  ProgramLoads loads = load::load_programs(relocated, {{bpf_map__fd(config), {value, size}, plan.functions.rdonly_cast},
                                                       bpf_object__btf(object_.get()),
                                                       plan.prefilter,
                                                       plan.functions});
  for (size_t i = 0; i < loads.programs.size(); i++) programs_[relocated[i].name] = std::move(loads.programs[i]);
  std::string said = log.text();
  if (!loads.log.empty()) said += fmt::format("the verifier, of the program '{}':\n{}", loads.refused, loads.log);
  return {loads.error, "", loads.refused, said, loads.fast};
}

LoadOutcome LibbpfObject::load(const ObjectPlan& plan) {
  LoadLog log;
  const auto config = std::as_bytes(std::span(&plan.config, 1));
  set_map({.name = kConfig, .value = {config.begin(), config.end()}});
  for (const MapPlan& map : plan.maps) set_map(map);

  std::vector<AttachTargets::Wanted> typed;
  for (const ProgramPlan& program : plan.programs) {
    bpf_program__set_autoload(program_named(program.name), true);
    if (!program.target.empty()) typed.push_back({&program, kind_of(program)});
  }
  AttachTargets places(kernel_types_);
  const auto targets = places.find(typed);
  for (size_t i = 0; i < targets.size(); i++)
    if (targets[i].error)
      return {.error = targets[i].error,
              .target_of = typed[i].program->name,
              .log = fmt::format("no types of '{}' are to be had\n", typed[i].program->target)};

  RelocatedPrograms relocated;
  if (const int error = std::abs(bpf_object__load(object_.get()))) return {.error = error, .log = log.text()};
  std::map<std::string_view, RelocatedProgram*> named;
  for (RelocatedProgram& program : relocated.all) named[program.name] = &program;
  for (const ProgramPlan& program : plan.programs) named.at(program.name)->kind = kind_of(program);
  for (size_t i = 0; i < targets.size(); i++) targets[i].put_into(named.at(typed[i].program->name)->options);
  return load_programs(plan, log, relocated.all);
}

}  // namespace skbtrail::load
