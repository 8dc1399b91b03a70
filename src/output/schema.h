// What the registry of fields says, for people and for machines.
#pragma once

#include <string>

namespace skbtrail::output {

// JSON Schema (2020-12) of one line of the `json` layout.
std::string json_schema();

// A table: name, type, unit, meaning.
std::string field_table();

}  // namespace skbtrail::output
