#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "kernel/online_cpus.h"
#include "load/bpf_kernel.h"
#include "load/libbpf_object.h"

namespace skbtrail::load {

namespace {

constexpr const char* kKprobePmu = "/sys/bus/event_source/devices/kprobe";

uint32_t number_in(const std::string& file, uint32_t otherwise) {
  std::ifstream in(file);
  uint32_t number = otherwise;
  in >> number;
  return in ? number : otherwise;
}

// The bit of `config` that makes it a return probe: "config:0".
uint64_t return_bit() {
  std::ifstream in(fmt::format("{}/format/retprobe", kKprobePmu));
  std::string text;
  std::getline(in, text);
  const auto colon = text.find(':');
  return colon == std::string::npos ? 1 : uint64_t{1} << std::strtoul(text.c_str() + colon + 1, nullptr, 10);
}

// In a child.
void close_all_but(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned next = 0;
  for (const int fd : kept) {
    if (static_cast<unsigned>(fd) > next) syscall(SYS_close_range, next, fd - 1, 0);
    next = static_cast<unsigned>(fd) + 1;
  }
  syscall(SYS_close_range, next, ~0u, 0);
}

struct KprobePmu {
  uint32_t type = number_in(fmt::format("{}/type", kKprobePmu), 0);
  uint64_t on_return = return_bit();
};

int errno_of(int result) {
  return result == 0 ? 0 : errno;
}

Fd open_event(perf_event_attr& attributes) {
  attributes.size = sizeof(attributes);
  return Fd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
}

// The kernel's struct bpf_link_info (uapi/linux/bpf.h of 6.7) as far as it is looked at; older headers lack the counts.
//
//   0      4    8         16                                          32       48
//   | type | id | prog_id | of kprobe.multi: addrs, count, flags      | missed |
//                         | of perf events: type, func_name, ..., addr         | missed |
struct LinkFacts {
  uint32_t type, id, program, pad;
  union {
    struct {
      uint64_t addresses;
      uint32_t count, flags;
      uint64_t missed;
    } kprobe_multi;
    struct {
      uint32_t type, pad;
      uint64_t name;
      uint32_t name_length, offset;
      uint64_t address, missed;
    } perf_event;
    uint64_t room[8];
  };
};

constexpr uint32_t kPerfEvent = 7, kKprobeMulti = 8;  // enum bpf_link_type
constexpr uint32_t kKprobe = 3, kKretprobe = 4;       // enum bpf_perf_event_type

class RunningKernel : public BpfKernel {
 public:
  std::unique_ptr<BpfObject> open(std::span<const std::byte> bytes, const kernel::Btf* types) override {
    return std::make_unique<LibbpfObject>(bytes, types);
  }

  Fd create_ring(uint32_t bytes) override {
    return Fd(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "skbtrail_ring", 0, 0, bytes, nullptr));
  }
  Fd create_array(const char* name, uint32_t value_size, uint32_t entries) override {
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    return Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), value_size, entries, &options));
  }
  Fd create_array_of_maps(const char* name, int like, uint32_t entries) override {
    LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<__u32>(like));
    return Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, name, sizeof(uint32_t), sizeof(uint32_t), entries, &options));
  }
  int update(int map, const void* key, const void* value) override {
    return errno_of(bpf_map_update_elem(map, key, value, BPF_ANY));
  }
  int look_up(int map, const void* key, void* value) override { return errno_of(bpf_map_lookup_elem(map, key, value)); }
  int remove(int map, const void* key) override { return errno_of(bpf_map_delete_elem(map, key)); }
  int next_key(int map, const void* key, void* next) override { return errno_of(bpf_map_get_next_key(map, key, next)); }
  int watch(int epoll, int ring) override {
    epoll_event event{};
    event.events = EPOLLIN;
    return errno_of(epoll_ctl(epoll, EPOLL_CTL_ADD, ring, &event));
  }

  Fd attach_raw_tracepoint(const char* name, int program, uint64_t cookie) override {
    if (!name) return Fd(bpf_raw_tracepoint_open(nullptr, program));
    // As since Linux 6.10; headers of older ones lack the cookie.
    struct {
      uint64_t name;
      uint32_t program, pad;
      uint64_t cookie;
    } attributes{reinterpret_cast<uint64_t>(name), static_cast<uint32_t>(program), 0, cookie};
    return Fd(static_cast<int>(syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof(attributes))));
  }
  Fd open_tracepoint_event(uint32_t id) override {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = id;
    // Programs run wherever the event happens, and whether or not it is enabled; the CPU only names the event
    // (kernel/trace/trace_event_perf.c). Enabled it would make samples as well, which are not read.
    attributes.disabled = 1;
    return open_event(attributes);
  }
  Fd open_kprobe_event(const std::string& name, uint64_t address, bool at_return) override {
    static const KprobePmu pmu;
    perf_event_attr attributes{};
    attributes.type = pmu.type;
    attributes.config = at_return ? pmu.on_return : 0;
    attributes.config1 = address ? 0 : reinterpret_cast<uint64_t>(name.c_str());  // kprobe_func
    attributes.config2 = address;                                                 // kprobe_addr
    return open_event(attributes);
  }
  int set_program(int event, int program) override { return errno_of(ioctl(event, PERF_EVENT_IOC_SET_BPF, program)); }
  int enable(int event) override { return errno_of(ioctl(event, PERF_EVENT_IOC_ENABLE, 0)); }
  Fd link_event(int event, int program, uint64_t cookie) override {
    LIBBPF_OPTS(bpf_link_create_opts, options);
    options.perf_event.bpf_cookie = cookie;
    return Fd(bpf_link_create(program, event, BPF_PERF_EVENT, &options));
  }
  Fd link_kprobes(int program, int attach_type, const kernel::KprobeTargets& targets, uint32_t flags) override {
    return kernel::link_kprobes(program, attach_type, targets, flags);
  }
  // The global memory barrier waits for an RCU grace period (kernel/sched/membarrier.c), and programs run inside of RCU
  // sections.
  void wait_for_programs() override { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); }
  // Each function that is detached waits for RCU tasks under the lock of ftrace (ftrace_shutdown() in
  // kernel/trace/ftrace.c, gp_sleep in kernel/rcu/tasks.h). A child has the links as well, and ends when none is open
  // here: what closes them last is the kernel at its end. It holds nothing else open, such as the other end of a pipe
  // that somebody reads.
  void close_later(std::vector<Fd> links) override {
    int ends[2];  // of a pipe; the child is there until nothing is open here
    if (links.empty() || pipe2(ends, O_CLOEXEC) != 0) return;  // they are closed here
    const Fd read_end(ends[0]), write_end(ends[1]);
    std::vector<int> kept{read_end.get()};
    for (const Fd& link : links) kept.push_back(link.get());
    if (fork() != 0) return links.clear();
    close_all_but(std::move(kept));
    char nothing = 0;
    while (read(read_end.get(), &nothing, sizeof(nothing)) < 0 && errno == EINTR) {
    }
    _exit(0);
  }

  uint64_t recursion_misses(int program) override {
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    return bpf_obj_get_info_by_fd(program, &info, &length) == 0 ? info.recursion_misses : 0;
  }
  uint64_t missed_hits(int link) override {
    LinkFacts facts{};
    uint32_t length = sizeof(facts);
    if (bpf_obj_get_info_by_fd(link, &facts, &length) != 0) return 0;
    if (facts.type == kKprobeMulti) return facts.kprobe_multi.missed;
    const uint32_t kind = facts.perf_event.type;
    return facts.type == kPerfEvent && (kind == kKprobe || kind == kKretprobe) ? facts.perf_event.missed : 0;
  }

  bool loads(const kernel::FeatureProbe& program) override { return static_cast<bool>(kernel::load(program).program); }
  bool has_kprobes() override { return kernel::has_kprobes(); }
  bool has_kprobe_multi() override { return kernel::has_kprobe_multi(); }
  bool has_kprobe_session() override { return kernel::has_kprobe_session(); }

  int possible_cpus(uint32_t& count) override {
    const int cpus = libbpf_num_possible_cpus();
    count = cpus < 1 ? 0 : static_cast<uint32_t>(cpus);
    return cpus < 1 ? std::abs(cpus) : 0;
  }
  std::vector<uint32_t> online_cpus() override { return kernel::online_cpus(); }
};

}  // namespace

BpfKernel& running_kernel() {
  static RunningKernel kernel;
  return kernel;
}

}  // namespace skbtrail::load
