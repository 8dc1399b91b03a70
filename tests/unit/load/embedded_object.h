// The embedded object, as a copy that a test may change.
#pragma once

#include <cstddef>
#include <vector>

#include "load/bpf_object.h"

namespace skbtrail::test {

inline std::vector<std::byte> copy_of_object() {
  const auto object = load::bpf_object_bytes();
  return {object.begin(), object.end()};
}

}  // namespace skbtrail::test
