// The table of followed packets (bpf/config.h, struct follow_table): how large it is, and of which kind.
#pragma once

#include <cstdint>

#include "load/bpf_kernel.h"

namespace skbtrail::load {

// Whether this kernel lets programs exchange a word atomically, as a table of our own needs it: Linux 5.12. A program
// of a few instructions is loaded to try it.
bool exchanges_atomically(BpfKernel& kernel);

// Of the one element of the map follow_table.
uint32_t follow_table_bytes(const Plan& plan);

}  // namespace skbtrail::load
