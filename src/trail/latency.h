// The times of many trails: of each hop from one probe, namespace and device to the next, and of the whole way; and
// from one tracer to another. Memory is bounded: beyond kMostHops the times of hops that were not seen before are
// counted as those of others.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "trail/histogram.h"
#include "trail/trail.h"

namespace skbtrail::trail {

class Latency {
 public:
  static constexpr size_t kMostHops = 1024;

  // Names as they were when it was first seen.
  struct Stop {
    std::string probe, netns, ifname;
    bool operator==(const Stop&) const = default;
  };
  struct HopTimes {
    Stop from, to;
    Histogram times;
  };

  void add(const Trail& trail);
  // Numbers mean something else from now on.
  void names_end(const event::Names& names);

  [[nodiscard]] const std::vector<HopTimes>& hops() const { return hops_; }  // as they were first seen
  [[nodiscard]] const Histogram& others() const { return others_; }
  [[nodiscard]] const Histogram& total() const { return total_; }  // of each trail from its first step to its fate

 private:
  // By numbers, which is quick; several may come to the same names.
  struct Key {
    const event::Names* names;
    uint32_t from_netns, to_netns, from_ifindex, to_ifindex;
    uint16_t from_probe, to_probe;
    bool is_return_from, is_return_to;
    bool operator==(const Key&) const = default;
  };
  struct HashOfKey {
    size_t operator()(const Key& key) const;
  };
  static constexpr size_t kMostKeys = 4 * kMostHops;
  static constexpr uint32_t kOthers = UINT32_MAX;

  void add(const Trail& trail, const Step& from, const Step& to);
  uint32_t find(const Trail& trail, const Step& from, const Step& to);

  std::unordered_map<Key, uint32_t, HashOfKey> known_;
  std::vector<HopTimes> hops_;
  Histogram others_, total_;
};

// From the first step at one tracer to the first at another that comes after it.
class Between {
 public:
  // Whether a probe is one of a tracer's.
  using IsAt = std::function<bool(const event::Names& names, uint16_t probe)>;
  static constexpr size_t kRows = 38;  // to 1, 2, 5, 10 ns, ..., 500 s, 1000 s; and beyond

  Between(IsAt is_at_from, IsAt is_at_to) : is_at_from_(std::move(is_at_from)), is_at_to_(std::move(is_at_to)) {}

  void add(const Trail& trail);
  void names_end(const event::Names& names);

  [[nodiscard]] const Histogram& times() const { return times_; }
  // Exact: times from begin_of(row) to below begin_of(row + 1).
  [[nodiscard]] uint64_t row(size_t row) const { return rows_[row]; }
  static uint64_t begin_of(size_t row);
  // Trails that came to one of them alone.
  [[nodiscard]] uint64_t without_to() const { return without_to_; }
  [[nodiscard]] uint64_t without_from() const { return without_from_; }

 private:
  // Asked once for each probe.
  class Known {
   public:
    explicit Known(IsAt is_at) : is_at_(std::move(is_at)) {}
    bool operator()(const event::Names& names, uint16_t probe);
    void forget(const event::Names& names) { known_.erase(&names); }

   private:
    IsAt is_at_;
    std::unordered_map<const event::Names*, std::vector<uint8_t>> known_;  // by number: 0 not asked, 1 no, 2 yes
  };

  Known is_at_from_, is_at_to_;
  Histogram times_;
  std::array<uint64_t, kRows> rows_{};
  uint64_t without_to_ = 0, without_from_ = 0;
};

}  // namespace skbtrail::trail
