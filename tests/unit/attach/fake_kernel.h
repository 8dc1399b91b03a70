// A kernel that does what a test says: it takes objects, programs and links, keeps a note of them, and refuses what it
// is told to. Its maps are files in memory, so that whoever maps them has memory.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "load/bpf_kernel.h"
#include "load/mapping.h"

namespace skbtrail::test {

class FakeKernel : public load::BpfKernel {
 public:
  // What to refuse, and how.
  struct Refused {
    int error;
    std::string words = {};  // the verifier's
  };
  std::map<std::string, Refused> programs;              // by the verifier
  std::map<std::string, int> targets;                   // what is not there to hang on, with the errno
  std::map<std::string, Refused> maps;                  // by name
  std::map<std::string, int> attachments;               // of programs, by name; of events "event ID"
  std::set<uint64_t> bad_addresses;                     // no kprobe can be there
  int multi_link_error = 0;                             // of each link of kprobe.multi, whatever its addresses
  std::map<uint64_t, int> set_program_errors;           // of kprobes, by address: after their event was opened
  std::function<int()> before_load = [] { return 0; };  // an errno that has nothing to do with a program

  // What works.
  bool kprobes = true, kprobe_multi = true, kprobe_session = false;
  std::set<int> program_types = {BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACING};
  uint32_t possible = 2;
  std::vector<uint32_t> online = {0, 1};
  uint64_t misses = 0;  // of each program

  // What is in maps, by name: keys and values.
  using Bytes = std::vector<std::byte>;
  using Entry = std::pair<const Bytes, Bytes>;
  std::map<std::string, std::map<Bytes, Bytes>> contents;

  // Notes.
  std::vector<load::ObjectPlan> attempts;  // to load an object
  std::vector<std::string> attached;       // programs, in order; "PROGRAM at ADDRESS" of kprobes
  size_t link_attempts = 0;
  std::map<std::string, std::vector<std::vector<std::byte>>> updates;
  bool waited = false;
  size_t closed_later = 0;  // links

  std::string name_of(int fd) const { return names_.at(fd); }
  int fd_of(const std::string& name) const {
    return std::find_if(names_.begin(), names_.end(), [&](const auto& file) { return file.second == name; })->first;
  }
  void wake_reader() {
    const uint64_t once = 1;
    (void)!write(bell_.get(), &once, sizeof(once));
  }

  class Object : public load::BpfObject {
   public:
    explicit Object(FakeKernel& kernel) : kernel_(kernel) {}
    load::LoadOutcome load(const load::ObjectPlan& plan) override {
      kernel_.attempts.push_back(plan);
      for (const auto& program : plan.programs)
        if (const auto found = kernel_.targets.find(program.target); found != kernel_.targets.end())
          return {.error = found->second,
                  .target_of = program.name,
                  .log = "libbpf: failed to find kernel BTF type ID of '" + program.target + "'\n"};
      if (const int error = kernel_.before_load()) return {.error = error};
      for (const auto& map : plan.maps)
        if (const auto found = kernel_.maps.find(map.name); found != kernel_.maps.end())
          return {.error = found->second.error, .log = "libbpf: map '" + map.name + "': " + found->second.words + "\n"};
      for (const auto& program : plan.programs) {
        const auto found = kernel_.programs.find(program.name);
        if (found == kernel_.programs.end()) {
          programs_[program.name] = kernel_.file(program.name, 4096);
          continue;
        }
        return {.error = found->second.error,
                .refused = program.name,
                .log = "the verifier, of the program '" + program.name + "':\n" + found->second.words +
                       "\nprocessed 7 insns\n"};
      }
      for (const auto& map : plan.maps)
        if (map.instead >= 0) instead_[map.name] = map.instead;
      return {};
    }
    [[nodiscard]] int program(const std::string& name) const override {
      const auto found = programs_.find(name);
      return found == programs_.end() ? -1 : found->second.get();
    }
    [[nodiscard]] int map(const std::string& name) const override {
      if (const auto found = instead_.find(name); found != instead_.end()) return found->second;
      auto& file = maps_[name];
      if (!file) file = kernel_.file(name, 1 << 20);
      return file.get();
    }

   private:
    FakeKernel& kernel_;
    std::map<std::string, load::Fd> programs_;
    std::map<std::string, int> instead_;
    mutable std::map<std::string, load::Fd> maps_;
  };

  std::unique_ptr<load::BpfObject> open(std::span<const std::byte>, const kernel::Btf*) override {
    return std::make_unique<Object>(*this);
  }
  load::Fd create_ring(uint32_t bytes) override { return create("ring", 8192 + 2 * size_t{bytes}); }
  load::Fd create_array(const char* name, uint32_t value_size, uint32_t entries) override {
    return create(name, (size_t{value_size} * entries + 4095) & ~size_t{4095});
  }
  load::Fd create_array_of_maps(const char* name, int, uint32_t) override { return create(name, 4096); }
  int update(int map, const void*, const void* value) override {
    const std::scoped_lock alone(lock_);
    const auto* bytes = static_cast<const std::byte*>(value);
    updates[names_.at(map)].emplace_back(bytes, bytes + 1);
    return 0;
  }
  int look_up(int map, const void* key, void* value) override {
    const auto& entries = contents[names_.at(map)];
    const auto found = entries.find(key_of(entries, key));
    if (found == entries.end()) return ENOENT;
    std::memcpy(value, found->second.data(), found->second.size());
    return 0;
  }
  int remove(int map, const void* key) override {
    auto& entries = contents[names_.at(map)];
    return entries.erase(key_of(entries, key)) ? 0 : ENOENT;
  }
  int next_key(int map, const void* key, void* next) override {
    const auto& entries = contents[names_.at(map)];
    const auto found = key ? entries.upper_bound(key_of(entries, key)) : entries.begin();
    if (found == entries.end()) return ENOENT;
    std::memcpy(next, found->first.data(), found->first.size());
    return 0;
  }
  int watch(int epoll, int) override {
    if (!bell_) bell_ = load::Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    epoll_event event{};
    event.events = EPOLLIN;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, bell_.get(), &event) == 0 || errno == EEXIST ? 0 : errno;
  }

  load::Fd attach_raw_tracepoint(const char*, int program, uint64_t) override { return attach(names_.at(program)); }
  load::Fd open_tracepoint_event(uint32_t id) override { return hang("event " + std::to_string(id)); }
  load::Fd open_kprobe_event(const std::string&, uint64_t address, bool) override {
    const std::scoped_lock alone(lock_);
    if (bad_addresses.contains(address)) return refuse(ENOENT);
    auto event = file("kprobe", 4096);
    addresses_[event.get()] = address;
    return event;
  }
  int set_program(int event, int program) override {
    const std::scoped_lock alone(lock_);
    const auto address = addresses_.find(event);
    const auto found = set_program_errors.find(address == addresses_.end() ? 0 : address->second);
    if (found != set_program_errors.end()) return found->second;
    note(program, event);
    return 0;
  }
  int enable(int) override { return 0; }
  load::Fd link_event(int event, int program, uint64_t) override {
    const std::scoped_lock alone(lock_);
    note(program, event);
    return file("link", 4096);
  }
  // As the kernel: one that is bad refuses all.
  load::Fd link_kprobes(int program, int, const kernel::KprobeTargets& wanted, uint32_t) override {
    link_attempts++;
    if (multi_link_error) return refuse(multi_link_error);
    for (const unsigned long address : wanted.addresses)
      if (bad_addresses.contains(address)) return refuse(EINVAL);
    for (const unsigned long address : wanted.addresses) attached.push_back(at(program, address));
    return file("link", 4096);
  }
  void wait_for_programs() override { waited = true; }
  void close_later(std::vector<load::Fd> links) override { closed_later += links.size(); }

  uint64_t recursion_misses(int) override { return misses; }
  uint64_t missed_hits(int) override { return 0; }

  bool loads(const kernel::FeatureProbe& program) override { return program_types.contains(program.type); }
  bool has_kprobes() override { return kprobes; }
  bool has_kprobe_multi() override { return kprobe_multi; }
  bool has_kprobe_session() override { return kprobe_session; }
  int possible_cpus(uint32_t& count) override { return count = possible, 0; }
  std::vector<uint32_t> online_cpus() override { return online; }

  // A file in memory in the place of what a descriptor leads to.
  load::Fd file(const std::string& name, size_t bytes) {
    load::Fd fd(memfd_create(name.c_str(), MFD_CLOEXEC));
    if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) throw std::system_error(errno, std::generic_category());
    names_[fd.get()] = name;
    return fd;
  }

 private:
  // As long as the keys that there are.
  static Bytes key_of(const std::map<Bytes, Bytes>& entries, const void* key) {
    const auto* bytes = static_cast<const std::byte*>(key);
    return {bytes, bytes + (entries.empty() ? 0 : entries.begin()->first.size())};
  }
  static load::Fd refuse(int error) {
    errno = error;
    return {};
  }
  load::Fd create(const std::string& name, size_t bytes) {
    const auto found = maps.find(name);
    return found == maps.end() ? file(name, bytes) : refuse(found->second.error);
  }
  load::Fd hang(const std::string& name) {
    const auto found = attachments.find(name);
    return found == attachments.end() ? file(name, 4096) : refuse(found->second);
  }
  load::Fd attach(const std::string& program) {
    auto link = hang(program);
    if (link) attached.push_back(program);
    return link;
  }
  std::string at(int program, uint64_t address) const { return names_.at(program) + " at " + std::to_string(address); }
  void note(int program, int event) {
    const auto address = addresses_.find(event);
    attached.push_back(address == addresses_.end() ? names_.at(program) : at(program, address->second));
  }

  std::mutex lock_;
  std::map<int, std::string> names_;
  std::map<int, uint64_t> addresses_;
  load::Fd bell_;
};

}  // namespace skbtrail::test
