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
  static constexpr uint64_t kIcmpRcv = 0xffffffff81003000;

  std::string_view probe(uint16_t number) const override {
    return number == 0 ? "kfree_skb" : number == 1 ? "net_dev_xmit" : number == 2 ? "net_dev_queue" : "?";
  }
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    using event::NameKind;
    switch (kind) {
      case NameKind::netns: return texts_.set(kind, number, number == 1 ? netns_name : std::to_string(number));
      case NameKind::drop_reason:
        return texts_.set(kind, number, number == 2 ? "NO_SOCKET" : "reason-" + std::to_string(number));
      case NameKind::symbol: return number == kIcmpRcv ? "icmp_rcv+0x0" : std::string_view();
      default: return texts_.of_number(kind, number);
    }
  }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return kBoot + monotonic_ns; }

  std::string netns_name = "host";  // of number 1

 private:
  mutable event::NameTexts texts_;
};

}  // namespace skbtrail::test
