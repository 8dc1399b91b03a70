// What is no event, as lines of JSON: gaps, notices and the summary, the same in all layouts of JSON.
#pragma once

#include <fmt/format.h>

#include "event/sink.h"

namespace skbtrail::output {

void append_json_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names);
void append_json_notice(fmt::memory_buffer& out, const event::Notice& notice);
void append_json_summary(fmt::memory_buffer& out, const event::Summary& summary);

}  // namespace skbtrail::output
