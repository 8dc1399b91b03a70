// The line that people read where events were lost.
#pragma once

#include <fmt/format.h>

#include "event/gap.h"
#include "event/names.h"

namespace skbtrail::output {

// "*** lost on CPU 1 within 0.001200 s: 17 (ring full) ***", "*** lost at kfree_skb within 1.000212 s: 3 (skipped by
// the kernel, busy with another hit) ***" and a line end; in yellow where `color` says so.
void append_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names, bool color);

}  // namespace skbtrail::output
