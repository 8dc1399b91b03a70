// The kernel side, compiled, as it is embedded in the program (bpf_object.S): programs on tracepoints, programs on
// functions, the one that counts drops, and programs on BPF programs.
#pragma once

#include <cstddef>
#include <span>

extern "C" {
extern const std::byte skbtrail_bpf_object_begin[];
extern const std::byte skbtrail_bpf_object_end[];
extern const std::byte skbtrail_bpf_functions_begin[];
extern const std::byte skbtrail_bpf_functions_end[];
extern const std::byte skbtrail_bpf_drops_begin[];
extern const std::byte skbtrail_bpf_drops_end[];
extern const std::byte skbtrail_bpf_programs_begin[];
extern const std::byte skbtrail_bpf_programs_end[];
}

namespace skbtrail::load {

inline std::span<const std::byte> bpf_object_bytes() {
  return {skbtrail_bpf_object_begin, skbtrail_bpf_object_end};
}
inline std::span<const std::byte> bpf_function_object_bytes() {
  return {skbtrail_bpf_functions_begin, skbtrail_bpf_functions_end};
}
inline std::span<const std::byte> bpf_drops_object_bytes() {
  return {skbtrail_bpf_drops_begin, skbtrail_bpf_drops_end};
}
inline std::span<const std::byte> bpf_programs_object_bytes() {
  return {skbtrail_bpf_programs_begin, skbtrail_bpf_programs_end};
}

}  // namespace skbtrail::load
