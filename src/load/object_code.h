// Generated code instead of a function of a BPF object file, before the object is opened.
//
//   the file as it was                                   the file that is made
//   | ... | .text: f1 f2 FUNCTION | ... | headers |      | ... | (unused) | ... | headers | f1 f2 new code |
//                                                          headers and symbol changed: .text is at the end, and longer
//
// The function has to be the last of its section, then no other moves and no relocation changes; and the code may have
// any length, so the object needs no reserve. BTF's line records of the old body stay and point into the new one, which
// must therefore not be shorter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

struct bpf_insn;

namespace skbtrail::load {

enum class Linkage : uint8_t {
  global,       // verified by itself, once
  static_only,  // verified anew for every call, and may be given pointers
};

// Throws std::logic_error if `object` is not what the build makes: not a 64-bit ELF file of this machine's byte order,
// no such function, not the last of its section, longer than the code.
std::vector<std::byte> with_function(std::vector<std::byte> object, std::string_view function,
                                     std::span<const bpf_insn> code, Linkage linkage);

}  // namespace skbtrail::load
