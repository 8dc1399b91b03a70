// JSON Schema of what `drop --table` prints: rows of drops, and counters of losses.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace skbtrail::output {

nlohmann::ordered_json drop_row_schema();
nlohmann::ordered_json counter_schema();

}  // namespace skbtrail::output
