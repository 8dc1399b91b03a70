// Where something is missing from the stream of events, and how much of what is missing was asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

#include "bpf/record.h"

namespace skbtrail::event {

using LossCounts = std::array<uint64_t, REC_LOSS_CAUSES>;

// A time within which events were lost. Of two kinds:
//
//   on one CPU     between two of its records: `lost`, by cause
//   at one probe   between two looks at the kernel's counts: `skipped` hits for which the kernel ran no program of
//   ours.
//                  Programs that serve many functions are counted together, so it may be at one of `functions`.
struct Gap {
  static constexpr uint32_t kAnyCpu = UINT32_MAX;
  static constexpr uint16_t kNoProbe = UINT16_MAX;

  uint64_t after_ns;   // time of the record before, or of the look before; 0: none came before
  uint64_t before_ns;  // time of the record after, or of the look; 0: none came after
  uint32_t cpu;
  LossCounts lost;
  uint64_t skipped = 0;
  uint32_t functions = 0;         // at which the hits were, all together; 0: it is known at which probe
  uint16_t probe = kNoProbe;      // the one
  bool may_have_matched = false;  // what was lost had not been through all conditions: so many at most were asked for

  [[nodiscard]] uint64_t all() const { return std::accumulate(lost.begin(), lost.end(), skipped); }
};

// What gaps come to.
struct Losses {
  LossCounts by_cause{};
  uint64_t skipped = 0;  // by the kernel

  [[nodiscard]] uint64_t in_all() const { return std::accumulate(by_cause.begin(), by_cause.end(), skipped); }
  Losses& operator+=(const Losses& more) {
    for (size_t cause = 0; cause < by_cause.size(); cause++) by_cause[cause] += more.by_cause[cause];
    skipped += more.skipped;
    return *this;
  }
};

struct LossSum {
  Losses lost;              // what is missing
  Losses may_have_matched;  // so many at most

  void add(const Gap& gap) {
    Losses all{gap.lost, gap.skipped}, unfiltered;
    std::swap(all.by_cause[REC_LOSS_UNFILTERED], unfiltered.by_cause[REC_LOSS_UNFILTERED]);
    (gap.may_have_matched ? may_have_matched : lost) += all;
    may_have_matched += unfiltered;
  }
};

}  // namespace skbtrail::event
