// Fields of the section `tc`: which chain, filter or action of traffic control was asked about a packet, and what it
// answered.
#pragma once

#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

struct ResultFormat;

// "clsact ingress chain 0", "filter flower pref 10 chain 0", "action gact index 1"; nothing: it is not known.
void append_tc(Scratch& out, const Event& event);

// Of the return of such a function: "TC_ACT_SHOT", "TC_ACT_OK class 1:10".
void append_tc_answer(Scratch& out, const Event& event, const ResultFormat& format);

// The answer says that the packet was freed, or is another's now.
bool is_taken_by_tc(const Event& event);

std::vector<Field> tc_fields();

}  // namespace skbtrail::event
