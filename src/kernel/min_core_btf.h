// The few types of a kernel that an object's relocations ask for, as a BTF of its own. libbpf, where it is given one,
// reads it instead of the kernel's: that has a hundred thousand types, and for each type of the object libbpf goes
// through all of them. Types of modules are in it, too: where libbpf is given types it does not look for the modules'.
#pragma once

#include <cstddef>
#include <vector>

#include "kernel/btf.h"

namespace skbtrail::kernel {

// Structs and unions of the kernel proper, or else of a module, that `wanted` (an object's own BTF) knows by name, each
// with the members that it knows, where they are in the kernel. Pointers lead nowhere, ids are others. Empty where
// there is no memory.
std::vector<std::byte> min_core_btf(const Btf& of, const btf* wanted);

}  // namespace skbtrail::kernel
