// Names that tests can foresee.
#pragma once

#include <cstdint>
#include <string>

#include "event/name_texts.h"
#include "event/names.h"

namespace skbtrail::test {

class FakeNames : public event::Names {
 public:
  static constexpr uint64_t kBoot = 1'700'000'000'000'000'000;  // 2023-11-14 22:13:20 UTC
  static constexpr uint64_t kNoNeighbour = 0xffffffff81005000;
  static constexpr uint64_t kIcmpRcv = 0xffffffff81003000;
  static constexpr uint64_t kAsksNeighbour = 0xffffffff81004000;
  static constexpr uint32_t kInContainer = 77'000, kOfService = 77'001;  // processes

  std::string_view probe(uint16_t number) const override {
    return number == 0 ? "kfree_skb" : number == 1 ? "net_dev_xmit" : number == 2 ? "net_dev_queue" : "?";
  }
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    using event::NameKind;
    switch (kind) {
      case NameKind::netns: return texts_.set(kind, number, number == 1 ? netns_name : std::to_string(number));
      case NameKind::drop_reason:
        return texts_.set(kind, number, number == 2 ? "NO_SOCKET" : "reason-" + std::to_string(number));
      case NameKind::cgroup:
        return number == kInContainer ? cgroup : number == kOfService ? service : std::string_view();
      case NameKind::symbol:
        return number == kIcmpRcv         ? "icmp_rcv+0x0"
               : number == kAsksNeighbour ? "__neigh_event_send+0x1f0"
               : number == kNoNeighbour   ? "arp_error_report+0x2f"
                                          : std::string_view();
      default: return texts_.of_number(kind, number);
    }
  }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return kBoot + monotonic_ns; }

  std::string netns_name = "host";  // of number 1
  std::string cgroup = "/system.slice/docker-" + std::string(64, 'c') + ".scope";
  std::string service = "/system.slice/ssh.service";

 private:
  mutable event::NameTexts texts_;
};

}  // namespace skbtrail::test
