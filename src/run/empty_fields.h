// Which fields stay unknown because this kernel lacks the types that their sections are made of, and why: one sentence
// a type, for whoever asks for such fields (trace) and whoever asks what there is (list -v).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/btf.h"

namespace skbtrail::run {

// Of `sections` (enum rec_section), those that `btf` has not all types of.
std::vector<std::string> empty_fields(uint32_t sections, const kernel::Btf& btf);

}  // namespace skbtrail::run
