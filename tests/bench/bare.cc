// bench_bare [--port N]: what a loader of one's own would do, and no more. Finds in BTF every function that has an skb
// among its arguments, its addresses in /proc/kallsyms, and attaches one empty program to them by kprobe.multi; with
// --port a program that looks for UDP over IPv4 to that port. Prints `ready N` for N functions, holds them until SIGINT
// or SIGTERM, and exits. Linux 6.2 or newer.
//
// It knows less than skbtrail does: an skb after a pointer, functions without an skb, who refuses what.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace {

constexpr size_t kPositions = 6;  // arguments that are looked at
constexpr int kKprobeMulti = 42;  // BPF_TRACE_KPROBE_MULTI, which libbpf 1.1 lacks a way to ask for here
using Positions = std::unordered_map<std::string, size_t>;
using Addresses = std::array<std::vector<unsigned long>, kPositions>;

std::runtime_error failure(const std::string& what, int error) {
  return std::runtime_error(fmt::format("{}: {}", what, std::strerror(error < 0 ? -error : error)));
}

bool is_skb_pointer(const btf* types, __u32 id) {
  const btf_type* type = btf__type_by_id(types, id);
  if (!btf_is_ptr(type)) return false;
  type = btf__type_by_id(types, type->type);
  while (btf_is_mod(type)) type = btf__type_by_id(types, type->type);
  return btf_is_struct(type) && std::strcmp(btf__name_by_offset(types, type->name_off), "sk_buff") == 0;
}

void add_functions(const btf* types, __u32 from, Positions& found) {
  const __u32 end = btf__type_cnt(types);
  for (__u32 id = from; id < end; id++) {
    const btf_type* type = btf__type_by_id(types, id);
    if (!btf_is_func(type)) continue;
    const btf_type* prototype = btf__type_by_id(types, type->type);
    const btf_param* params = btf_params(prototype);
    for (size_t i = 0; i < std::min<size_t>(btf_vlen(prototype), kPositions); i++)
      if (is_skb_pointer(types, params[i].type)) {
        found.emplace(btf__name_by_offset(types, type->name_off), i);
        break;
      }
  }
}

Positions functions() {
  Positions found;
  btf* kernel = btf__load_vmlinux_btf();
  if (!kernel) throw failure("BTF of the kernel", errno);
  add_functions(kernel, 1, found);
  for (__u32 id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
    const int fd = bpf_btf_get_fd_by_id(id);
    std::array<char, 64> name{};
    bpf_btf_info about{};
    about.name = reinterpret_cast<__u64>(name.data());
    about.name_len = name.size();
    __u32 size = sizeof(about);
    const bool is_module = fd >= 0 && bpf_obj_get_info_by_fd(fd, &about, &size) == 0 && about.kernel_btf &&
                           std::strcmp(name.data(), "vmlinux") != 0;
    if (fd >= 0) close(fd);
    btf* module = is_module ? btf__load_from_kernel_by_id_split(id, kernel) : nullptr;
    if (!module) continue;
    add_functions(module, btf__type_cnt(kernel), found);
    btf__free(module);
  }
  btf__free(kernel);
  return found;
}

// Lines "ffffffff81000000 T _stext", with "\t[veth]" after the name in modules.
Addresses addresses_of(const Positions& wanted, const std::unordered_set<std::string>& traceable) {
  Addresses found;
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);) {
    unsigned long address = 0;
    const char* end = line.data() + line.size();
    const auto [behind, error] = std::from_chars(line.data(), end, address, 16);
    if (error != std::errc{} || end - behind < 4 || std::strchr("tT", behind[1]) == nullptr) continue;
    std::string name(behind + 3, end);
    name.resize(std::min(name.size(), name.find('\t')));
    // Where the compiler has left only a copy, foo.constprop.0, that is traced.
    const std::string plain = name.substr(0, name.find('.'));
    if (plain.size() < name.size() && (traceable.contains(plain) || name.find(".cold") != std::string::npos ||
                                       name.find(".part") != std::string::npos))
      continue;
    const auto known = wanted.find(plain);
    if (known != wanted.end() && traceable.contains(name)) found[known->second].push_back(address);
  }
  return found;
}

std::unordered_set<std::string> traceable_functions() {
  std::unordered_set<std::string> names;
  std::ifstream file("/sys/kernel/tracing/available_filter_functions");
  if (!file) throw failure("/sys/kernel/tracing/available_filter_functions", errno);
  for (std::string line; std::getline(file, line);) names.insert(line.substr(0, line.find(' ')));
  return names;
}

// Of several that are refused together the bad ones are found by halves.
size_t attach(int program, const unsigned long* addresses, size_t count) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.kprobe_multi.addrs = addresses;
  options.kprobe_multi.cnt = static_cast<__u32>(count);
  // The link is held until the process ends.
  if (bpf_link_create(program, 0, BPF_TRACE_KPROBE_MULTI, &options) >= 0) return count;
  if (count < 2) return 0;
  return attach(program, addresses, count / 2) + attach(program, addresses + count / 2, count - count / 2);
}

size_t load_and_attach(const Addresses& addresses, uint16_t port) {
  bpf_object* object = bpf_object__open_file(BARE_OBJECT, nullptr);
  if (!object) throw failure("cannot open " BARE_OBJECT, errno);
  const std::string kind = port ? "filter_" : "bare_";
  std::array<bpf_program*, kPositions> programs{};
  for (size_t i = 0; i < kPositions; i++) {
    programs[i] = bpf_object__find_program_by_name(object, (kind + std::to_string(i)).c_str());
    if (!programs[i]) throw std::runtime_error(BARE_OBJECT " lacks a program");
    if (addresses[i].empty()) continue;
    bpf_program__set_autoload(programs[i], true);
    bpf_program__set_expected_attach_type(programs[i], static_cast<bpf_attach_type>(kKprobeMulti));
  }
  const uint16_t wanted = htons(port);
  bpf_map* constants = bpf_object__find_map_by_name(object, ".rodata");
  if (!constants || bpf_map__set_initial_value(constants, &wanted, sizeof(wanted)))
    throw std::runtime_error(BARE_OBJECT " has other constants");
  if (int error = bpf_object__load(object)) throw failure("the kernel refused the programs", error);
  size_t attached = 0;
  for (size_t i = 0; i < kPositions; i++)
    if (!addresses[i].empty())
      attached += attach(bpf_program__fd(programs[i]), addresses[i].data(), addresses[i].size());
  return attached;
}

}  // namespace

int main(int argc, char** argv) {
  uint16_t port = 0;
  CLI::App app("what tracing every function with an skb costs by itself");
  app.add_option("--port", port, "look for UDP to this port");
  CLI11_PARSE(app, argc, argv);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  try {
    fmt::print("ready {}\n", load_and_attach(addresses_of(functions(), traceable_functions()), port));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_bare: {}\n", error.what());
    return 1;
  }
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
