// The conditions on an event that are not about packet bytes: namespace, device, mark, length. The kernel side
// evaluates them (bpf/match.h); all must hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/config.h"
#include "filter/device_names.h"
#include "filter/device_search.h"
#include "kernel/netns.h"

namespace skbtrail::filter {

struct Conditions {
  std::optional<uint32_t> netns;  // inode number
  bool netns_by_number = false;   // so it need not be there yet
  std::string netns_word;         // as it was written
  std::optional<DeviceNames> ifname;
  struct Mark {
    uint32_t value;
    uint32_t mask;
  };
  std::optional<Mark> mark;
  struct Length {
    uint32_t min;
    uint32_t max;
  };
  std::optional<Length> length;
  std::optional<uint32_t> pid;       // of the process that owns the socket, or does this itself
  std::optional<std::string> comm;   // a glob, the same
  std::optional<uint64_t> families;  // bit AF_*, of sockets whose skbs are wanted (config.families); none: any

  // Each takes what the user wrote and throws std::invalid_argument (kernel::UnknownNetns for a namespace) with a
  // sentence.
  void set_netns(std::string_view text, const kernel::NetnsPaths& paths = {});
  void set_ifname(std::string_view text);
  void set_mark(std::string_view text);
  void set_length(std::string_view text);
  void set_pid(std::string_view text);
  void set_comm(std::string_view text);
  // `named` and `others`, with those whose skbs are packets (inet, inet6, packet). Where `named` has one of these, it
  // has all that are wanted of them, and what is of no socket is not wanted.
  void set_families(const std::vector<std::string>& named, const std::vector<std::string>& others = {});
  // It is asked of which family the socket is, whatever the packet.
  [[nodiscard]] bool asks_for_family() const { return families && !(*families & 1); }

  // Whether there is any.
  [[nodiscard]] bool any() const { return netns || ifname || mark || length || pid || comm || asks_for_family(); }

  // Sockets that are wanted for --pid and --comm and are open now; empty without these options.
  [[nodiscard]] std::vector<uint64_t> open_sockets() const;

  // A sentence for each thing that is named and is not there now: it may come, or be a slip of the pen.
  // `devices`: what was found already.
  [[nodiscard]] std::vector<std::string> absences(const kernel::NetnsPaths& paths = {},
                                                  const FoundDevices* devices = nullptr) const;

  // The same of --comm, where the run starts no command of its own that may have the name; empty: there is nothing to
  // say.
  [[nodiscard]] std::string comm_absence(const std::string& proc = "/proc") const;

  void apply(skbtrail_config& config) const;
};

}  // namespace skbtrail::filter
