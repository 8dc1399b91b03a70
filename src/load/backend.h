// How functions are traced, as the user chooses it; src/attach has a class for each.
#pragma once

#include <cstdint>

namespace skbtrail::load {

enum class Backend : uint8_t { automatic, tracepoint, kprobe, kprobe_multi, fentry };

}  // namespace skbtrail::load
