#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "attach/backend.h"
#include "kernel/tiny_program.h"

namespace skbtrail::attach {

namespace {

// The kernel spends most of an attachment waiting, for a grace period or until other CPUs see the changed code.
constexpr size_t kThreads = 64;

constexpr const char* kPmu = "/sys/bus/event_source/devices/kprobe";

uint32_t number_in(const std::string& file, uint32_t otherwise) {
  std::ifstream in(file);
  uint32_t number = otherwise;
  in >> number;
  return in ? number : otherwise;
}

// The bit of `config` that makes it a return probe: "config:0".
uint64_t return_bit() {
  std::ifstream in(std::string(kPmu) + "/format/retprobe");
  std::string text;
  std::getline(in, text);
  const auto colon = text.find(':');
  return colon == std::string::npos ? 1 : uint64_t{1} << std::strtoul(text.c_str() + colon + 1, nullptr, 10);
}

struct Pmu {
  uint32_t type = number_in(std::string(kPmu) + "/type", 0);
  uint64_t on_return = return_bit();
};

kernel::Fd open_event(const Pmu& pmu, const Target& target, At at) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = pmu.type;
  attributes.config = at == At::exit ? pmu.on_return : 0;
  attributes.config1 = target.address ? 0 : reinterpret_cast<uint64_t>(target.name.c_str());  // kprobe_func
  attributes.config2 = target.address;                                                        // kprobe_addr
  return kernel::Fd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
}

// The event, and the link that carries the cookie; without cookies the event alone.
struct OneProbe {
  kernel::Fd event, link;
  int error = 0;
};

OneProbe attach_one(const Pmu& pmu, int program, const Target& target, At at, bool with_cookies) {
  OneProbe probe;
  probe.event = open_event(pmu, target, at);
  if (!probe.event) {
    probe.error = errno;
    return probe;
  }
  if (with_cookies) {
    LIBBPF_OPTS(bpf_link_create_opts, options);
    options.perf_event.bpf_cookie = target.cookie;
    probe.link = kernel::Fd(bpf_link_create(program, probe.event.get(), BPF_PERF_EVENT, &options));
    if (!probe.link) probe.error = errno;
  } else if (ioctl(probe.event.get(), PERF_EVENT_IOC_SET_BPF, program) != 0) {
    probe.error = errno;
  }
  if (!probe.error && ioctl(probe.event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) probe.error = errno;
  return probe;
}

// Calls `work` with every number below `count`, by many threads, and `progress` from this one.
void by_threads(size_t count, const std::function<void(size_t)>& work, const Progress& progress) {
  std::atomic<size_t> next{0};
  const auto run = [&](bool tells) {
    for (size_t i = next++; i < count; i = next++) {
      if (tells) progress(i);
      work(i);
    }
  };
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < std::min(kThreads, count); i++) threads.emplace_back(run, false);
  run(true);
}

}  // namespace

bool kprobe_cookies_work() {
  kernel::Code code{kernel::code::call(BPF_FUNC_get_attach_cookie), kernel::code::move_number(0, 0),
                    kernel::code::leave()};
  const auto loaded = kernel::load({BPF_PROG_TYPE_KPROBE, 0, 0, 0, std::move(code)});
  return static_cast<bool>(loaded.program);
}

Attached attach_kprobes(int program, std::span<const Target> targets, At at, bool with_cookies, const Refuse& refuse,
                        const Progress& progress) {
  const Pmu pmu;
  std::vector<OneProbe> probes(targets.size());
  by_threads(
      targets.size(),
      [&](size_t i) {
        const Target& target = targets[i];
        probes[i] = attach_one(pmu, target.program < 0 ? program : target.program, target, at, with_cookies);
      },
      progress);
  Attached attached;
  for (size_t i = 0; i < probes.size(); i++) {
    if (probes[i].error) {
      refuse(targets[i], probes[i].error);
      continue;
    }
    attached.targets++;
    for (kernel::Fd* hold : {&probes[i].link, &probes[i].event}) {
      if (!*hold) continue;
      attached.links.push_back(std::move(*hold));
      attached.cookies.push_back(targets[i].cookie);
    }
  }
  return attached;
}

std::vector<uint64_t> close_all(std::vector<kernel::Fd>& links, const Progress& progress) {
  std::vector<uint64_t> missed(links.size());
  const auto close_one = [&](size_t i) {
    missed[i] = missed_hits(links[i].get());
    links[i].reset();
  };
  by_threads(links.size(), close_one, progress);
  links.clear();
  return missed;
}

}  // namespace skbtrail::attach
