#include "settings/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <sstream>

namespace skbtrail::settings {

namespace {

class Counter : public YAML::EventHandler {
 public:
  Counter(std::string_view what, const std::string& file, const YamlLimits& limits)
      : what_(what), file_(file), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { value(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { value(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string& text) override {
    if (text.size() > limits_.text_bytes) refuse(mark, limits_.text_bytes, "bytes in one text");
    value(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin(mark);
  }
  void OnSequenceEnd() override { depth_--; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin(mark);
  }
  void OnMapEnd() override { depth_--; }

 private:
  void value(const YAML::Mark& mark) {
    if (++values_ > limits_.values) refuse(mark, limits_.values, "values");
  }
  void begin(const YAML::Mark& mark) {
    if (++depth_ > limits_.deepest) refuse(mark, limits_.deepest, "lists and groups in one another");
    value(mark);
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, size_t most, const char* things) const {
    throw FileError(fmt::format("{}:{}: {} has at most {} {}", file_, mark.line + 1, what_, most, things));
  }

  std::string_view what_;
  const std::string& file_;
  YamlLimits limits_;
  size_t values_ = 0, depth_ = 0;
};

}  // namespace

YAML::Node load_yaml(std::string_view text, std::string_view what, const std::string& file, const YamlLimits& limits) {
  try {
    std::istringstream counted{std::string(text)};
    Counter counter(what, file, limits);
    YAML::Parser(counted).HandleNextDocument(counter);
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    throw FileError(fmt::format("{}:{}: this is no YAML ({})", file, error.mark.line + 1, error.msg));
  }
}

}  // namespace skbtrail::settings
