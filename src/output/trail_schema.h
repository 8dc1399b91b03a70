// JSON Schema of the objects of -o json --trail, --latency and --between.
#pragma once

#include <nlohmann/json.hpp>

namespace skbtrail::output {

nlohmann::ordered_json trail_schema();
// What comes after them with --latency, and --between.
nlohmann::ordered_json latency_schema();
nlohmann::ordered_json diagnoses_schema();
nlohmann::ordered_json between_schema();

}  // namespace skbtrail::output
