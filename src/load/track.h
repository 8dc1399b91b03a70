// How many packets are followed at once, and how long when nothing more is seen of them, unless a user says
// otherwise.
#pragma once

#include <chrono>
#include <cstdint>

namespace skbtrail::load {

constexpr uint32_t kTrack = 65536, kTrackLeast = 16;  // more than SKBTRAIL_FOLLOW_PROBES of bpf/config.h
constexpr std::chrono::seconds kTrackAge{30};

}  // namespace skbtrail::load
