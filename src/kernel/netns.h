// Network namespaces: what the user writes for one, and what one is called.
//
// The kernel knows a namespace by the inode number of its nsfs file. Names are found in this order:
//   host              the namespace of process 1, or of kthreadd where that one's may not be read
//   NAME              a file of that name in /run/netns (ip netns)
//   container:0123456789ab   a container's: the id in the control group of a process that lives there, cut to 12 digits
//   nginx[1234]       the lowest numbered process that lives there
// and a namespace that only a socket or a device keeps alive is called by its number.
//
// Looking is expensive on a host with many processes, so an unknown number causes a look at most every kLookInterval;
// it is known by its number until then. Numbers are reused by the kernel, so a name that was found is checked again
// after that interval by looking at the one file it came from. Nothing here throws but resolve_netns().
#pragma once

#include <linux/magic.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace skbtrail::kernel {

// The roots that are looked through; tests put folders of their own there.
struct NetnsPaths {
  std::string proc = "/proc";
  std::string run_netns = "/run/netns";
  // A file on another file system is no namespace; 0: any file is one, for tests.
  int64_t filesystem = NSFS_MAGIC;
};

// What the user wrote names no namespace; the message says what was looked for and what would do.
struct UnknownNetns : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Inode number, name in /run/netns, path, "pid:N", "self", "container:ID-or-prefix". A number is taken as it is, for it
// may belong to a namespace that does not live yet.
uint32_t resolve_netns(std::string_view text, const NetnsPaths& paths = {});

// A way into a namespace.
struct NetnsDoor {
  uint32_t inum;
  std::string file;     // its nsfs file: of a process, or in /run/netns
  std::string devices;  // /proc/PID/net/dev of a process that lives there; empty: it has to be entered to see them
};

// One of each namespace that a process lives in or /run/netns has a name for, as far as they may be looked at.
std::vector<NetnsDoor> netns_doors(const NetnsPaths& paths = {});

bool is_netns_found(uint32_t inum, const NetnsPaths& paths = {});

class NetnsNames {
 public:
  explicit NetnsNames(NetnsPaths paths = {});

  // Valid until the next call.
  [[nodiscard]] const std::string& name(uint32_t inum);

  static constexpr std::chrono::milliseconds kLookInterval{500};

 private:
  // CLOCK_MONOTONIC_COARSE: a name is asked for with each event, and this clock, exact to a tick, costs a third.
  struct Clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept;
  };

  struct Name {
    std::string text;
    std::string file;  // that leads to the namespace; empty: it has no name but its number
    Clock::time_point checked;
  };

  void look(Clock::time_point now);

  NetnsPaths paths_;
  std::unordered_map<uint32_t, Name> names_;
  std::optional<Clock::time_point> looked_;
};

// The id of the container in /proc/PID/cgroup (text/cgroup_path.h); empty: none.
std::string container_in_cgroup(std::string_view cgroup);

}  // namespace skbtrail::kernel
