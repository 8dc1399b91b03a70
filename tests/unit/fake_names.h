// Names that tests can foresee.
#pragma once

#include <cstdint>
#include <string>

#include "event/names.h"

namespace skbtrail::test {

class FakeNames : public event::Names {
 public:
  static constexpr uint64_t kBoot = 1'700'000'000'000'000'000;  // 2023-11-14 22:13:20 UTC
  static constexpr uint64_t kIcmpRcv = 0xffffffff81003000;

  std::string_view probe(uint16_t number) const override {
    return number == 0 ? "kfree_skb" : number == 1 ? "net_dev_xmit" : number == 2 ? "net_dev_queue" : "?";
  }
  std::string_view netns(uint32_t inum) const override { return text_ = inum == 1 ? netns_name : std::to_string(inum); }
  std::string_view drop_reason(uint32_t reason) const override {
    return text_ = reason == 2 ? "NO_SOCKET" : "reason-" + std::to_string(reason);
  }
  std::string_view symbol(uint64_t address) const override {
    return address == kIcmpRcv ? "icmp_rcv+0x0" : std::string_view();
  }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return kBoot + monotonic_ns; }

  std::string netns_name = "host";  // of number 1

 private:
  mutable std::string text_;
};

}  // namespace skbtrail::test
