// What events know of their trail (event/trail_values.h), made of the trail.
#pragma once

#include "event/trail_values.h"
#include "trail/trail.h"

namespace skbtrail::trail {

// Of a trail that is closed.
event::TrailValues values_of(const Trail& trail);

}  // namespace skbtrail::trail
