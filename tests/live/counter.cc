// live_counter NETNS_INUM TRACEPOINT...: counts how often these tracepoints are hit in one network namespace, until
// SIGTERM, and prints {"tracepoint": count, ..., "missed": hits that the
// kernel skipped, of any namespace}. `ready` on standard output says that counting has begun.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <csignal>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

// Numbered as in counter.bpf.c.
constexpr std::array<std::string_view, 9> kTracepoints{
    "net_dev_queue",     "net_dev_start_xmit",      "net_dev_xmit", "netif_rx_entry", "netif_rx",
    "netif_receive_skb", "netif_receive_skb_entry", "consume_skb",  "kfree_skb"};

uint32_t number_of(std::string_view tracepoint) {
  for (uint32_t i = 0; i < kTracepoints.size(); i++)
    if (kTracepoints[i] == tracepoint) return i;
  throw std::runtime_error("cannot count " + std::string(tracepoint));
}

bpf_program* program(bpf_object* object, const std::string& name) {
  if (bpf_program* found = bpf_object__find_program_by_name(object, name.c_str())) return found;
  throw std::runtime_error("no program " + name);
}

void set_netns(bpf_object* object, uint32_t netns) {
  bpf_map* constants = bpf_object__find_map_by_name(object, ".rodata");
  if (!constants || bpf_map__set_initial_value(constants, &netns, sizeof(netns)))
    throw std::runtime_error("cannot set the namespace");
}

uint64_t hits(bpf_object* object, uint32_t number) {
  std::vector<uint64_t> each(static_cast<size_t>(libbpf_num_possible_cpus()));
  int map = bpf_object__find_map_fd_by_name(object, "hits");
  if (bpf_map_lookup_elem(map, &number, each.data())) throw std::runtime_error("cannot read a count");
  return std::accumulate(each.begin(), each.end(), uint64_t{0});
}

// Hits that the kernel did not run a program for (told from Linux 5.12 on).
uint64_t missed(const std::vector<bpf_program*>& programs) {
  uint64_t sum = 0;
  for (const bpf_program* one : programs) {
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(one), &info, &length) == 0) sum += info.recursion_misses;
  }
  return sum;
}

void wait_for_sigterm(const sigset_t& set) {
  int signal = 0;
  sigwait(&set, &signal);
}

void run(uint32_t netns, const std::vector<std::string>& tracepoints) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);

  bpf_object* object = bpf_object__open_file(COUNTER_OBJECT, nullptr);
  if (!object) throw std::runtime_error("cannot open " COUNTER_OBJECT);
  set_netns(object, netns);
  std::vector<bpf_program*> programs;
  for (const auto& tracepoint : tracepoints) programs.push_back(program(object, "count_" + tracepoint));
  for (bpf_program* one : programs) bpf_program__set_autoload(one, true);
  if (bpf_object__load(object)) throw std::runtime_error("the kernel refused the programs");
  std::vector<bpf_link*> links;
  for (bpf_program* one : programs) {
    links.push_back(bpf_program__attach(one));
    if (!links.back()) throw std::runtime_error("cannot attach");
  }
  puts("ready");
  fflush(stdout);
  wait_for_sigterm(set);
  for (bpf_link* link : links) bpf_link__destroy(link);
  printf("{\"missed\": %llu", static_cast<unsigned long long>(missed(programs)));
  for (const auto& tracepoint : tracepoints)
    printf(", \"%s\": %llu", tracepoint.c_str(), static_cast<unsigned long long>(hits(object, number_of(tracepoint))));
  puts("}");
  bpf_object__close(object);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fputs("usage: live_counter NETNS_INUM TRACEPOINT...\n", stderr);
    return 2;
  }
  try {
    run(static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10)), {argv + 2, argv + argc});
  } catch (const std::exception& error) {
    fprintf(stderr, "live_counter: %s\n", error.what());
    return 1;
  }
  return 0;
}
