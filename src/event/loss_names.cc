#include "event/loss_names.h"

#include <array>

#include "bpf/record.h"

namespace skbtrail::event {

namespace {

struct LossName {
  std::string_view key;
  std::string_view name;
};

constexpr std::array<LossName, REC_LOSS_CAUSES> kLosses{{{"ring_full", "ring full"},
                                                         {"tracking_full", "tracking table full"},
                                                         {"unfiltered", "no room, before the filter was run"},
                                                         {"nested", "hit while the same probe was running"}}};

}  // namespace

std::string_view loss_key(size_t cause) {
  return kLosses.at(cause).key;
}
std::string_view loss_name(size_t cause) {
  return kLosses.at(cause).name;
}

}  // namespace skbtrail::event
