#include <array>

#include "output/layout.h"

namespace skbtrail::output {

namespace {

struct LossName {
  std::string_view key;
  std::string_view name;
};

constexpr std::array<LossName, REC_LOSS_CAUSES> kLosses{{{"ring_full", "ring full"},
                                                         {"tracking_full", "tracking table full"},
                                                         {"stack_full", "only its stack, the map being full"},
                                                         {"nested", "hit while the probe was running"}}};

}  // namespace

std::string_view loss_key(size_t cause) {
  return kLosses.at(cause).key;
}
std::string_view loss_name(size_t cause) {
  return kLosses.at(cause).name;
}

}  // namespace skbtrail::output
