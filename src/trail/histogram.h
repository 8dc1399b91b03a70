// Times, counted in buckets that grow with the time, so that many take little memory and percentiles are as exact as
// anybody reads them (the idea of HDR histograms):
//
//   0 to 63 ns    a bucket each
//   from there    32 of the same width to each power of two: the width is at most 1/32 of the time
//
// 18 minutes and more are one bucket. At most 10 KB, and as much as the longest time needs. Sum and ends are exact.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace skbtrail::trail {

class Histogram {
 public:
  void add(uint64_t ns) {
    const size_t bucket = bucket_of(ns);
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    counts_[bucket]++;
    count_++;
    sum_ += ns;
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
  }

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t sum() const { return sum_; }
  [[nodiscard]] uint64_t min() const { return count_ ? min_ : 0; }
  [[nodiscard]] uint64_t max() const { return max_; }

  // That so many of a hundred do not exceed: the longest time of its bucket, or of all. 0 where there are none.
  [[nodiscard]] uint64_t percentile(unsigned percent) const {
    // Of ten, the ninth is what 90 % do not exceed.
    const uint64_t rank = std::max<uint64_t>(1, (count_ / 100) * percent + ((count_ % 100) * percent + 99) / 100);
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < counts_.size(); bucket++)
      if ((seen += counts_[bucket]) >= rank) return std::min(longest_of(bucket), max_);
    return max_;
  }

 private:
  static constexpr unsigned kEach = 5;  // bits: 32 buckets
  static constexpr unsigned kMostBits = 40;

  static size_t bucket_of(uint64_t ns) {
    ns = std::min(ns, (uint64_t{1} << kMostBits) - 1);
    const auto bits = static_cast<unsigned>(std::bit_width(ns));
    if (bits <= kEach + 1) return static_cast<size_t>(ns);
    const unsigned shift = bits - (kEach + 1);
    return (size_t{shift} << kEach) + static_cast<size_t>(ns >> shift);
  }
  static uint64_t longest_of(size_t bucket) {
    if (bucket < size_t{2} << kEach) return bucket;
    const size_t shift = (bucket >> kEach) - 1;
    const uint64_t in_width = bucket - (shift << kEach);
    if (bucket == bucket_of(UINT64_MAX)) return UINT64_MAX;
    return ((in_width + 1) << shift) - 1;
  }

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0, sum_ = 0, min_ = UINT64_MAX, max_ = 0;
};

}  // namespace skbtrail::trail
