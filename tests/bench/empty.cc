// bench_empty [--stats] [TRACEPOINT...]: attaches an empty program to each tracepoint, prints `ready`, and holds them
// until SIGINT or SIGTERM. With --stats the kernel keeps run-time statistics of all BPF programs meanwhile (run_time_ns
// and run_cnt in /proc/PID/fdinfo). All of it hangs on file descriptors and is gone when the process is.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr size_t kPrograms = 0x80;

std::runtime_error failure(const std::string& what, int error) {
  return std::runtime_error(fmt::format("{}: {}", what, std::strerror(error < 0 ? -error : error)));
}

bpf_object* load_for(const std::vector<std::string>& tracepoints) {
  if (tracepoints.size() > kPrograms)
    throw std::runtime_error(fmt::format("{} tracepoints, at most {} are possible", tracepoints.size(), kPrograms));
  bpf_object* object = bpf_object__open_file(EMPTY_OBJECT, nullptr);
  if (!object) throw failure("cannot open " EMPTY_OBJECT, errno);
  for (size_t i = 0; i < tracepoints.size(); i++) {
    bpf_program* program = bpf_object__find_program_by_name(object, fmt::format("empty_{:02x}", i).c_str());
    if (!program) throw std::runtime_error(EMPTY_OBJECT " lacks a program");
    int error = bpf_program__set_attach_target(program, 0, tracepoints[i].c_str());
    if (error) throw failure(tracepoints[i], error);
    bpf_program__set_autoload(program, true);
  }
  if (int error = bpf_object__load(object)) throw failure("the kernel refused the programs", error);
  return object;
}

void attach(bpf_object* object) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    if (!bpf_program__autoload(program)) continue;
    // The link is held until the process ends.
    if (bpf_raw_tracepoint_open(nullptr, bpf_program__fd(program)) < 0) throw failure("cannot attach", errno);
  }
}

void run(const std::vector<std::string>& tracepoints, bool stats) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);

  if (!tracepoints.empty()) attach(load_for(tracepoints));
  if (stats && bpf_enable_stats(BPF_STATS_RUN_TIME) < 0) throw failure("BPF_ENABLE_STATS", errno);
  fmt::print("ready\n");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  bool stats = !words.empty() && words.front() == "--stats";
  if (stats) words.erase(words.begin());
  if (words.empty() && !stats) {
    fmt::print(stderr, "usage: bench_empty [--stats] [TRACEPOINT...]\n");
    return 2;
  }
  try {
    run(words, stats);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_empty: {}\n", error.what());
    return 1;
  }
  return 0;
}
