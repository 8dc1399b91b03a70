// JSON Schema of the objects of -o json --trail.
#pragma once

#include <nlohmann/json.hpp>

namespace skbtrail::output {

nlohmann::ordered_json trail_schema();

}  // namespace skbtrail::output
