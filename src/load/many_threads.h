// One function, called with numbers by several threads at once.
#pragma once

#include <cstddef>
#include <functional>

namespace skbtrail::load {

// Told now and then by who does one thing after the other: so many are done.
using Progress = std::function<void(size_t done)>;

// Calls `work` with every number below `count`, by so many threads at most, or as many as there may be, and `progress`
// from this one, which is one of them. Returns when all is done. `work` throws nothing.
void by_many_threads(size_t count, size_t threads, const std::function<void(size_t)>& work,
                     const Progress& progress = {});

}  // namespace skbtrail::load
