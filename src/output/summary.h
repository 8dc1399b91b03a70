// What a run comes to, in words.
#pragma once

#include <string>

#include "event/summary.h"

namespace skbtrail::output {

// One line: "1234 events, 5 lost: 5 ring full".
std::string summary_line(const event::Summary& summary);
// Where there is no event: what was seen and refused, as far as that is counted; else, and if that is nothing, empty.
std::string nothing_line(const event::Summary& summary);

}  // namespace skbtrail::output
