// A shell glob over a short name (`*`, `?`, `[a-z]`, `[!x]`, `\` before a literal byte) as the automaton
// that the kernel side runs (bpf/config.h draws it).
#pragma once

#include <string_view>

#include "bpf/config.h"

namespace skbtrail::filter {

// Throws std::invalid_argument with a phrase ("a '[' without its ']'") where it is no glob, or where it is longer than
// any name it could match.
glob_automaton compile_glob(std::string_view pattern);

constexpr unsigned kGlobStates = 64;

// Adds one to those that an automaton has. `state` is its first, less than kGlobStates; returns the first of the next.
// `of`: of what the names are. Throws std::length_error where there are not enough states left.
unsigned add_glob(glob_automaton& glob, unsigned state, std::string_view pattern, std::string_view of);

// What the kernel side decides.
bool matches(const glob_automaton& glob, std::string_view name);

}  // namespace skbtrail::filter
