// The kernel side, compiled, as it is embedded in the program (bpf_object.S).
#pragma once

#include <cstddef>
#include <span>

extern "C" {
extern const std::byte skbtrail_bpf_object_begin[];
extern const std::byte skbtrail_bpf_object_end[];
}

namespace skbtrail::stream {

inline std::span<const std::byte> bpf_object_bytes() {
  return {skbtrail_bpf_object_begin, skbtrail_bpf_object_end};
}

}  // namespace skbtrail::stream
