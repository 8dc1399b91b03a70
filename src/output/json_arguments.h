// What a tracepoint handed out, as a JSON object. Keys are the format file's; numbers stay numbers, also where the
// kernel has a name for them; addresses of the kernel are strings in hexadecimal, as everywhere.
#pragma once

#include <fmt/format.h>

#include "event/arguments.h"

namespace skbtrail::output {

void append_json_arguments(fmt::memory_buffer& out, const event::Arguments& arguments, const event::Names& names);

}  // namespace skbtrail::output
