// Lines of the source in a BPF object file: of which line each instruction comes, which the verifier's log then shows.
// For whoever does not read it they are taken out before the object is opened: libbpf copies them with each program,
// and the kernel checks and keeps them, which takes a twentieth of the start.
#pragma once

#include <cstddef>
#include <vector>

namespace skbtrail::load {

// The section .BTF.ext (Linux 6.18, struct btf_ext_header in tools/lib/bpf/libbpf_internal.h), of which the lines'
// length becomes 0:
//
//   | magic, version, flags | length of the header | functions: offset, length | lines: offset, length | ...
//   0                       4                      8                           16      20
//
// Throws std::logic_error if `object` is not what the build makes.
std::vector<std::byte> without_lines(std::vector<std::byte> object);

}  // namespace skbtrail::load
