// JSON out of a file, within the limits of limits.h.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace skbtrail::recording {

// Throws std::invalid_argument, also where it is too long, too deep or has too many values.
nlohmann::ordered_json parse_json(std::string_view text);

// Null where that would throw.
nlohmann::ordered_json parse_json_or_null(std::string_view text);

}  // namespace skbtrail::recording
