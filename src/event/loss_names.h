// What causes of losses are called.
#pragma once

#include <cstddef>
#include <string_view>

namespace skbtrail::event {

// "ring_full", "tracking_full", "unfiltered", "nested": a cause of losses as JSON names it.
std::string_view loss_key(size_t cause);
// "ring full", ...: as people read it.
std::string_view loss_name(size_t cause);
// The same of hits that the kernel skipped.
constexpr std::string_view kSkippedKey = "kernel_skipped";
constexpr std::string_view kSkippedName = "skipped by the kernel, busy with another hit";

}  // namespace skbtrail::event
