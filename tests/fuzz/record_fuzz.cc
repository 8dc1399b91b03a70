// libFuzzer: any bytes as a record, through every field and both layouts. The first byte chooses how they are shown.
// What a record tells may be nonsense; a line must stay one line and JSON must stay JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "event/event.h"
#include "event/fields.h"
#include "output/layout.h"

namespace {

using namespace skbtrail;

void require(bool holds) {
  if (!holds) std::abort();
}

// Names as hostile as the record's: cut out of its own bytes.
class RecordsNames : public event::Names {
 public:
  explicit RecordsNames(std::string_view bytes) : bytes_(bytes) {}
  std::string_view probe(uint16_t number) const override { return part(number); }
  std::string_view name(event::NameKind kind, uint64_t number) const override {
    if (kind != event::NameKind::symbol) return part(static_cast<uint32_t>(number));
    return number & 1 ? part(static_cast<size_t>(number >> 1)) : std::string_view();
  }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return monotonic_ns; }

 private:
  std::string_view part(size_t number) const { return bytes_.substr(number % (bytes_.size() + 1), number % 40); }
  std::string_view bytes_;
};

void check_types(const event::Event& event) {
  event::Scratch scratch;
  for (const auto& field : event::fields()) {
    event::Value value = field.of(event, scratch);
    bool text = std::holds_alternative<std::string_view>(value);
    bool unknown = std::holds_alternative<std::monostate>(value);
    require(unknown || text == (field.type == event::Type::text));
    size_t sum = 0;  // every byte of a text must be readable
    if (text)
      for (char c : std::get<std::string_view>(value)) sum += static_cast<unsigned char>(c);
    require(sum < SIZE_MAX);
  }
}

void check_json(output::Layout& layout, const event::Event& event) {
  fmt::memory_buffer out;
  layout.event(out, event);
  auto parsed = nlohmann::json::parse(out.data(), out.data() + out.size(), nullptr, false);
  require(parsed.is_object());
  for (const auto& [key, value] : parsed.items()) require(event::find_field(key) != nullptr);
}

// `width` 0: one line. Else it may be broken, but no line of it is empty.
void check_line(output::Layout& layout, const event::Event& event, size_t width) {
  fmt::memory_buffer out;
  layout.set_width(width);
  layout.event(out, event);
  require(out.size() > 0 && out[out.size() - 1] == '\n');
  for (size_t i = 0; i + 1 < out.size(); i++) {
    bool broken = width > 0 && out[i] == '\n' && out[i + 1] != '\n';
    require(broken || static_cast<unsigned char>(out[i]) >= ' ');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size < 1) return 0;
  const uint8_t choice = input[0];
  // Aligned as in the ring, and a block of its own size, so that a byte read too far is seen.
  const std::vector<uint8_t> bytes(input + 1, input + size);
  const RecordsNames names({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  auto event = event::Event::decode(std::as_bytes(std::span(bytes)), names);
  if (!event) return 0;
  event->late = choice & 1;
  check_types(*event);
  const auto time = static_cast<output::TimeStyle>(choice % 5);
  bool verbose = choice & 2, meta = choice & 4;
  check_json(*output::make_json_layout({event::default_keys(true), time}), *event);
  auto columns = choice & 8 ? event::default_keys(true) : event::default_columns(verbose, meta);
  check_line(*output::make_line_layout({columns, time}), *event, choice & 16 ? 1 + bytes.size() % 80 : 0);
  return 0;
}
