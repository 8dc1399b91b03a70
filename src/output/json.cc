// Layout `json`: one object a line. Keys are the registry's names; what an event does not know is absent, zero is
// there.
#include <iterator>

#include "output/json_text.h"
#include "output/layout.h"

namespace skbtrail::output {

namespace {

using event::Type;
using event::Value;

void append_json_value(fmt::memory_buffer& out, Type type, const Value& value) {
  auto to = std::back_inserter(out);
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_json_text(out, *text);
  } else if (const auto* number = std::get_if<uint64_t>(&value)) {
    // 64 bits do not fit into the numbers of many JSON readers.
    type == Type::address ? fmt::format_to(to, "\"{:#x}\"", *number) : fmt::format_to(to, "{}", *number);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    fmt::format_to(to, "{}", *integer);
  } else {
    fmt::format_to(to, "{}", std::get<bool>(value));
  }
}

class JsonLayout : public Layout {
 public:
  explicit JsonLayout(const LayoutChoice& choice) : fields_(choice.fields) {}

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    char separator = '{';
    for (const auto* field : fields_) {
      Value value = field->get(event, scratch_);
      if (std::holds_alternative<std::monostate>(value)) continue;
      out.push_back(separator);
      separator = ',';
      fmt::format_to(std::back_inserter(out), "\"{}\":", field->name);
      append_json_value(out, field->type, value);
    }
    if (separator == '{') out.push_back('{');
    out.append(std::string_view("}\n"));
  }

  void gap(fmt::memory_buffer& out, const stream::Gap& gap, const event::Names& names) override {
    auto to = std::back_inserter(out);
    fmt::format_to(to, "{{\"gap\":{{\"cpu\":{}", gap.cpu);
    if (gap.after_ns) fmt::format_to(to, ",\"after\":{}", names.time_of_day_ns(gap.after_ns));
    if (gap.before_ns) fmt::format_to(to, ",\"before\":{}", names.time_of_day_ns(gap.before_ns));
    for (size_t cause = 0; cause < gap.lost.size(); cause++)
      if (gap.lost[cause]) fmt::format_to(to, ",\"{}\":{}", loss_key(cause), gap.lost[cause]);
    out.append(std::string_view("}}\n"));
  }

 private:
  std::vector<const event::Field*> fields_;
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_json_layout(const LayoutChoice& choice) {
  return std::make_unique<JsonLayout>(choice);
}

}  // namespace skbtrail::output
