// What a person is told, on standard error, whatever state it is in.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace skbtrail::output {

// A line for tell(): "skbtrail: WHAT", in which others' words cannot end a line of ours (text::printable_message).
std::string message(std::string_view what);

// One or more lines to standard error, made fit for a terminal as a whole (text/printable.h). It may have no reader,
// and that is no reason to end. A signal ends waiting for a reader that does not read, and limits it from then on.
void tell(const std::string& text);

// From now on tell() waits so long in all for one who does not read.
void limit_telling(std::chrono::milliseconds total);

}  // namespace skbtrail::output
