// What a person should know of a live trace: of what is not as asked for when it begins, and of what is missing in the
// end.
#pragma once

#include <string>
#include <vector>

#include "event/sink.h"
#include "run/plan.h"
#include "stream/live_names.h"
#include "stream/session.h"

namespace skbtrail::run {

using Notices = std::vector<event::Notice>;

// Of what was planned: what is not asked for, and what matches nothing now.
Notices notices_of_plan(const TraceOptions& options, const PlanNotes& plan, const Targets& targets);

// The same and more, once everything is attached.
Notices notices_at_begin(const TraceOptions& options, const PlanNotes& plan, const stream::Session& session,
                         const Targets& targets);

// At the end, before the summary and after it.
struct LastNotices {
  Notices before, after;
};
LastNotices notices_at_end(const stream::Session& session, const stream::LiveNames& names,
                           const event::Summary& summary);

}  // namespace skbtrail::run
