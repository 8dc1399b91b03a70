// One of a session's BPF objects with the kinds of attachment that it serves: loaded, attached, detached. Tracepoints
// and functions are two of these (tracepoint_programs.h, function_programs.h), which differ in their kinds, and in what
// they can do without where the kernel refuses something.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "attach/attach_kind.h"
#include "load/ring_memory.h"

namespace skbtrail::attach {

class ObjectPrograms {
 public:
  using Rings = std::function<const load::RingMemory&()>;

  virtual ~ObjectPrograms() = default;
  ObjectPrograms(const ObjectPrograms&) = delete;
  ObjectPrograms& operator=(const ObjectPrograms&) = delete;

  // `rings` are asked for when they are needed, for they may still be made. `shared`: the object whose maps are used,
  // which is loaded and outlives this one; null: this one makes them. Throws SessionError.
  void load(const Rings& rings, const load::BpfObject* shared);

  // Returns of how many probes events come.
  size_t attach();
  void detach();

  [[nodiscard]] const load::BpfObject* object() const { return loaded_.object.get(); }
  [[nodiscard]] load::FastReject fast_reject() const { return loaded_.fast; }
  // What libbpf and the verifier said at last.
  [[nodiscard]] const std::string& log() const { return loaded_.log; }
  [[nodiscard]] size_t attached() const { return attached_; }
  [[nodiscard]] bool needs_missed_counts() const;

 protected:
  ObjectPrograms(Surroundings& around, std::string_view what, std::span<const std::byte> bytes)
      : around_(around), what_(what), bytes_(bytes) {}

  // Maps that no kind has for itself. Kinds have said what they want.
  virtual void want_maps(load::Wanted& wanted, const load::RingMemory& rings) const = 0;
  // What can be done without, the cheapest first; to do without the program that is to blame comes after these.
  virtual std::vector<load::Concession> concessions() { return {}; }

  Surroundings& around_;
  std::vector<std::unique_ptr<AttachKind>> kinds_;  // in the order in which they are attached

 private:
  [[nodiscard]] load::ObjectPlan plan(const Rings& rings, const load::BpfObject* shared) const;

  std::string_view what_;
  std::span<const std::byte> bytes_;
  load::Loaded loaded_;
  size_t attached_ = 0;
};

}  // namespace skbtrail::attach
