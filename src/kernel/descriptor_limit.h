// How many files this process may have open: every program, map and link of a run is one.
#pragma once

#include <cstddef>
#include <string>

namespace skbtrail::kernel {

// Raises the soft limit as far as the hard one, which needs no privileges. Returns what may be open then.
size_t raise_descriptor_limit();

// Whether a call failed for want of descriptors: EMFILE (of this process), ENFILE (of the host).
bool is_want_of_descriptors(int error);

// What is short after raise_descriptor_limit(), and how there would be more, in words.
std::string want_of_descriptors(int error);

}  // namespace skbtrail::kernel
