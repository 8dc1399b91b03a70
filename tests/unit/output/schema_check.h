// Whether a value is what a JSON Schema says: for the tests of this folder.
#pragma once

#include <gtest/gtest.h>
#include <regex.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace skbtrail::test {

inline bool matches(const std::string& text, const std::string& pattern) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

// The part of JSON Schema that ours uses.
inline ::testing::AssertionResult valid(const nlohmann::json& schema, const nlohmann::json& value) {
  if (schema.contains("oneOf")) {
    size_t holds = 0;
    for (const auto& one : schema["oneOf"]) holds += static_cast<bool>(valid(one, value));
    if (holds != 1) return ::testing::AssertionFailure() << value << " is valid by " << holds << " of oneOf";
    return ::testing::AssertionSuccess();
  }
  if (schema.at("type").is_array()) return ::testing::AssertionSuccess() << "of several types";
  std::string type = schema.at("type");
  bool right = type == "object"    ? value.is_object()
               : type == "integer" ? value.is_number_integer()
               : type == "string"  ? value.is_string()
               : type == "array"   ? value.is_array()
               : type == "boolean" ? value.is_boolean()
                                   : false;
  if (!right) return ::testing::AssertionFailure() << value << " is no " << type;
  if (schema.contains("minimum") && value < schema["minimum"])
    return ::testing::AssertionFailure() << value << " is too small";
  if (schema.contains("pattern") && !matches(value.get<std::string>(), schema["pattern"].get<std::string>()))
    return ::testing::AssertionFailure() << value << " does not match";
  if (schema.contains("enum") && schema["enum"].end() == std::find(schema["enum"].begin(), schema["enum"].end(), value))
    return ::testing::AssertionFailure() << value << " is none of " << schema["enum"];
  if (value.is_array() && schema.contains("items"))
    for (const auto& item : value)
      if (auto result = valid(schema["items"], item); !result) return result << " in a list";
  if (!value.is_object() || !schema.contains("properties")) return ::testing::AssertionSuccess();
  for (const auto& key : schema.value("required", nlohmann::json::array()))
    if (!value.contains(key)) return ::testing::AssertionFailure() << "no " << key;
  for (const auto& [key, inner] : value.items()) {
    if (!schema["properties"].contains(key)) return ::testing::AssertionFailure() << "unknown key " << key;
    if (auto result = valid(schema["properties"][key], inner); !result) return result << " at " << key;
  }
  return ::testing::AssertionSuccess();
}

}  // namespace skbtrail::test
