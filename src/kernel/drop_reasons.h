// The running kernel's names for drop reasons.
//
// A reason is 32 bits: the subsystem in the high 16, its number in the low (include/net/dropreason.h, Linux 6.4). The
// numbers move between versions and in backports, so they are named only from BTF: enum skb_drop_reason for the core,
// and for a subsystem whichever enum ..._drop_reason has values with its high bits (mac80211, openvswitch; in their
// modules).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::kernel {

class Btf;

class DropReasons {
 public:
  explicit DropReasons(const Btf& btf);

  // "NO_SOCKET", "openvswitch:LAST_ACTION"; a number that BTF does not name: "reason-0x4d".
  [[nodiscard]] std::string name(uint32_t reason) const;

  [[nodiscard]] bool has(std::string_view name) const;

  // The numbers of a name; more than one where enums share it.
  [[nodiscard]] std::vector<uint32_t> numbers(std::string_view name) const;

  // Every name that BTF knows.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<uint32_t, std::string> names_;
};

}  // namespace skbtrail::kernel
