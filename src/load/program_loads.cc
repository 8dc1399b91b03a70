#include "load/program_loads.h"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <optional>
#include <thread>

#include "bpf/config.h"
#include "load/many_threads.h"

namespace skbtrail::load {

namespace {

// Each verification takes some megabytes of the kernel's memory.
constexpr size_t kMostThreads = 8;

// The kernel takes no larger one before 5.2, and writes only what there is.
constexpr uint32_t kLogSize = UINT32_MAX >> 8;

Fd load(const RelocatedProgram& program, std::string* log) {
  bpf_prog_load_opts options = program.options;
  options.expected_attach_type = static_cast<bpf_attach_type>(program.kind.attach_type);
  options.func_info = program.functions.data();
  options.func_info_cnt = static_cast<uint32_t>(program.functions.size());
  options.line_info = program.lines.data();
  options.line_info_cnt = static_cast<uint32_t>(program.lines.size());
  if (log) {
    options.log_buf = log->data();
    options.log_size = static_cast<uint32_t>(log->size());
    options.log_level = 1;
  }
  return Fd(bpf_prog_load(program.kind.type, program.name.c_str(), SKBTRAIL_LICENSE, program.code.data(),
                          program.code.size(), &options));
}

// Once more, for what the verifier says.
std::string log_of(const RelocatedProgram& program) {
  std::string log(kLogSize, '\0');
  load(program, &log);
  log.resize(log.find('\0'));
  log.shrink_to_fit();
  return log;
}

// So that none of the large ones is begun when all others are done.
std::vector<size_t> largest_first(std::span<const RelocatedProgram> programs) {
  std::vector<size_t> order(programs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return programs[a].code.size() > programs[b].code.size(); });
  return order;
}

}  // namespace

ProgramLoads load_programs(std::span<RelocatedProgram> programs, const Specialisation& specialisation) {
  struct One {
    Fd program;
    int error = 0;
    std::optional<bool> inlined;
  };
  std::vector<One> all(programs.size());
  const size_t threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  by_many_threads(all.size(), threads, [&](size_t i) { all[i].inlined = prepare(programs[i], specialisation); });
  const auto order = largest_first(programs);
  by_many_threads(all.size(), threads, [&](size_t i) {
    One& one = all[order[i]];
    one.program = load(programs[order[i]], nullptr);
    if (!one.program) one.error = errno;
  });
  ProgramLoads loads;
  for (size_t i = 0; i < all.size(); i++) {
    if (all[i].inlined) (*all[i].inlined ? loads.fast.with : loads.fast.without)++;
    if (all[i].error && !loads.error) {
      loads.error = all[i].error;
      loads.refused = programs[i].name;
      loads.log = log_of(programs[i]);
    }
    loads.programs.push_back(std::move(all[i].program));
  }
  return loads;
}

}  // namespace skbtrail::load
