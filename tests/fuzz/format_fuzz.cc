// A format file and the bytes of a record, both of anybody's making: understood, decoded, shown as a line and as JSON.
// Checked: whatever bytes there are, nothing after them is read, and what comes out can be printed and is JSON.
#include <nlohmann/json.hpp>

#include "../unit/fake_names.h"
#include "event/arguments.h"
#include "output/json_arguments.h"

namespace {

// The text ends at the first zero byte; the record is what follows.
void run(std::string_view input) {
  using namespace skbtrail;
  const auto zero = input.find('\0');
  const std::string_view text = input.substr(0, zero);
  const std::string_view record = zero == std::string_view::npos ? std::string_view() : input.substr(zero + 1);
  event::EventFormat format;
  try {
    format = event::EventFormat::parse("fuzz", std::string(text));
  } catch (const std::invalid_argument&) {
    return;
  }
  // A block of its own, so that the sanitizer sees its end.
  const std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(record.data()),
                                     reinterpret_cast<const std::byte*>(record.data()) + record.size());
  const event::Arguments arguments(format, bytes);
  const test::FakeNames names;
  fmt::memory_buffer line, json;
  arguments.append_line(line, names);
  output::append_json_arguments(json, arguments, names);
  if (!nlohmann::json::accept(json.begin(), json.end())) __builtin_trap();
  if (format.bytes_to_copy(1024) % 8 != 0 || format.bytes_to_copy(1024) > 1024) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  run({reinterpret_cast<const char*>(data), size});
  return 0;
}
