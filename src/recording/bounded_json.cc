#include "recording/bounded_json.h"

#include <fmt/format.h>

#include <stdexcept>

#include "recording/limits.h"

namespace skbtrail::recording {

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(size_t most, const char* what) {
  throw std::invalid_argument(fmt::format("more than {} {}", most, what));
}

// Counts before anything is kept. (The library's callback while it parses looks at all that came before, each time.)
class Counter : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool key(string_t&) override { return true; }
  bool start_object(size_t) override { return begin(); }
  bool start_array(size_t) override { return begin(); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(size_t, const std::string&, const Json::exception&) override {
    return false;
  }  // told when it is parsed

 private:
  bool value() {
    if (++values_ > kMostJsonValues) refuse(kMostJsonValues, "values");
    return true;
  }
  bool begin() {
    if (++depth_ > kMostJsonDepth) refuse(kMostJsonDepth, "values in one another");
    return value();
  }
  bool end() {
    depth_--;
    return true;
  }

  size_t values_ = 0, depth_ = 0;
};

}  // namespace

Json parse_json(std::string_view text) {
  if (text.size() > kMostJson) refuse(kMostJson, "bytes");
  Counter counter;
  try {
    Json::sax_parse(text, &counter);
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw std::invalid_argument(error.what());
  }
}

Json parse_json_or_null(std::string_view text) {
  try {
    return parse_json(text);
  } catch (const std::invalid_argument&) {
    return nullptr;
  }
}

}  // namespace skbtrail::recording
