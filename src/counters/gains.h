// What counters gained, from one snapshot to the next and in all.
//
//   begin(first) ─► update(next) ... : more since the one before, gained since the first
//
// A counter that is new counts from zero: its device or namespace came meanwhile. One that is less than it was was
// reset, or is another device's under the same number, and counts from zero as well. Devices and namespaces that go
// away take their counters along: what they counted after the last snapshot is not known, and they are named.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "counters/counter.h"

namespace skbtrail::counters {

struct Gain {
  Key key;
  uint64_t gained = 0;
  uint64_t more = 0;
};

class Gains {
 public:
  void begin(Snapshot first) { last_ = std::move(first); }
  void update(Snapshot next);

  // Those that gained something, in the order of their keys.
  [[nodiscard]] std::vector<Gain> all() const;
  // Since begin(); a device of a namespace that is gone is not named.
  [[nodiscard]] const std::set<Device>& devices_gone() const { return devices_gone_; }
  [[nodiscard]] const std::set<uint32_t>& namespaces_gone() const { return namespaces_gone_; }
  [[nodiscard]] const Snapshot& last() const { return last_; }

 private:
  void note_gone(const Snapshot& next);

  Snapshot last_;
  std::map<Key, Gain> gains_;
  std::set<Device> devices_gone_;
  std::set<uint32_t> namespaces_gone_;
};

}  // namespace skbtrail::counters
