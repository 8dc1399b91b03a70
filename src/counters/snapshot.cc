#include "counters/snapshot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>

#include <system_error>
#include <thread>

#include "counters/ethtool.h"
#include "counters/netlink.h"
#include "counters/proc_text.h"
#include "kernel/fd.h"
#include "kernel/whole_file.h"

namespace skbtrail::counters {

namespace {

std::string text_of(const std::string& path) {
  return kernel::whole_file(path.c_str()).value_or("");
}

// Of one namespace, in which the calling thread is.
class Here {
 public:
  Here(Snapshot& snapshot, uint32_t netns, const std::string& proc)
      : snapshot_(snapshot), netns_(netns), net_(proc + "/thread-self/net/") {}

  void read() {
    add(read_pairs(text_of(net_ + "snmp")));
    add(read_pairs(text_of(net_ + "netstat")));
    add(read_lines(text_of(net_ + "snmp6")));
    add(read_lines(text_of(net_ + "sctp/snmp")));
    add(read_conntrack(text_of(net_ + "stat/nf_conntrack")));
    add_devices();
    add_qdiscs();
  }

 private:
  void put(std::string group, std::string name, uint32_t ifindex, std::string owner, Value value) {
    Key key{netns_, std::move(group), std::move(name), ifindex, std::move(owner)};
    auto& known = snapshot_.values[std::move(key)];
    known.number += value.number;  // several of one name are told together
    known.wraps = value.wraps;
  }

  void add(const std::vector<Named>& all) {
    for (const auto& one : all) put(one.group, one.name, 0, "", {one.number});
  }

  void add_devices() {
    const kernel::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (const auto& link : links_here()) {
      snapshot_.devices.insert({netns_, link.ifindex, link.name});
      names_[link.ifindex] = link.name;
      for (const auto& [name, number] : link.values)
        put("interface", std::string(name), link.ifindex, link.name, {number});
      for (const auto& [name, number] : driver_statistics(socket.get(), link.name))
        put("driver", name, link.ifindex, link.name, {number});
    }
  }

  void add_qdiscs() {
    for (const auto& qdisc : qdiscs_here()) {
      const auto device = names_.find(qdisc.ifindex);
      if (device == names_.end()) continue;
      put("qdisc", qdisc.kind, qdisc.ifindex, fmt::format("{} {:x}:", device->second, qdisc.handle >> 16),
          {qdisc.drops, true});
    }
  }

  Snapshot& snapshot_;
  uint32_t netns_;
  std::string net_;
  std::map<uint32_t, std::string> names_;
};

// The thread ends here, so it need not go back.
void read_namespace(const kernel::NetnsDoor& door, const kernel::NetnsPaths& paths, Snapshot& snapshot) {
  const kernel::Fd file(open(door.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return;  // it is gone
  if (setns(file.get(), CLONE_NEWNET) != 0) {
    snapshot.not_entered.insert(door.inum);
    return;
  }
  Here(snapshot, door.inum, paths.proc).read();
  snapshot.namespaces.insert(door.inum);
}

void add_softnet(Snapshot& snapshot, const std::string& proc) {
  for (const auto& cpu : read_softnet(text_of(proc + "/net/softnet_stat"))) {
    const std::string owner = fmt::format("CPU {}", cpu.cpu);
    snapshot.values[{0, "softnet", "dropped", 0, owner}] = {cpu.dropped, true};
    snapshot.values[{0, "softnet", "time_squeeze", 0, owner}] = {cpu.time_squeeze, true};
    snapshot.values[{0, "softnet", "flow_limit", 0, owner}] = {cpu.flow_limit, true};
  }
}

}  // namespace

Snapshot read_counters(std::optional<uint32_t> netns, const kernel::NetnsPaths& paths) {
  Snapshot snapshot;
  add_softnet(snapshot, paths.proc);
  const auto doors = kernel::netns_doors(paths);
  const auto read_all = [&] {
    size_t read = 0;
    for (const auto& door : doors) {
      if (netns && door.inum != *netns) continue;
      if (read++ < kMostNamespaces)
        read_namespace(door, paths, snapshot);
      else
        snapshot.skipped++;
    }
  };
  try {
    std::thread(read_all).join();
  } catch (const std::system_error&) {
    for (const auto& door : doors) snapshot.not_entered.insert(door.inum);
  }
  return snapshot;
}

}  // namespace skbtrail::counters
