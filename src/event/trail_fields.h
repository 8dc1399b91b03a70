// Fields of the trail that an event is a step of: trail.id, trail.fate, ... They are there where they are asked for,
// and some only when the trail is complete (Field::known).
#pragma once

#include <string_view>
#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

constexpr std::string_view kTrailPrefix = "trail.";

std::vector<Field> trail_fields();

// The latest moment at which all of these are known.
Known known_at(const std::vector<const Field*>& chosen);

}  // namespace skbtrail::event
