// The line that people read where events were lost.
#pragma once

#include <fmt/format.h>

#include "stream/order.h"

namespace skbtrail::output {

// "*** lost on CPU 1 within 0.001200 s: 17 (ring full) ***" and a line end; in yellow where `color` says so.
void append_gap(fmt::memory_buffer& out, const stream::Gap& gap, bool color);

}  // namespace skbtrail::output
