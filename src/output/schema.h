// What the registry of fields says, for people and for machines.
#pragma once

#include <string>

namespace skbtrail::output {

// The version of the JSON schema; raised when a key changes its meaning or goes.
constexpr int kSchemaVersion = 1;

// JSON Schema (2020-12) of one line of the `json` layout.
std::string json_schema();

// A table: name, type, unit, meaning.
std::string field_table();

}  // namespace skbtrail::output
