// What --latency and --between come to: a table of hops, a histogram; and the same as objects.
#pragma once

#include <fmt/format.h>

#include "output/layout.h"
#include "output/trail_text.h"
#include "trail/latency.h"

namespace skbtrail::output {

// Lines fit into `width` columns; 0: each hop is one line. Ordered by where the time goes.
void append_latency(fmt::memory_buffer& out, const trail::Latency& latency, size_t width, const Signs& signs);
void append_between(fmt::memory_buffer& out, const trail::Between& between, const BetweenChoice& names,
                    const Signs& signs);

// A line each: {"latency":{"total":{"count":...,"p50":...},"hops":[{"from":{...},"to":{...},...}]}}
void append_json_latency(fmt::memory_buffer& out, const trail::Latency& latency);
void append_json_between(fmt::memory_buffer& out, const trail::Between& between, const BetweenChoice& names);

}  // namespace skbtrail::output
