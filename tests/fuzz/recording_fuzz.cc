// libFuzzer: any bytes as a recording or a capture, through the reader and the layout `line`. What is found must be
// whole records, what is printed must be harmless, and the reader must come to an end within its limits (limits.h).
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "event/ethernet_frame.h"
#include "event/event.h"
#include "harmless.h"
#include "output/layout.h"
#include "recording/bounded_json.h"
#include "recording/reader.h"

namespace {

using namespace skbtrail;

void require(bool holds) {
  if (!holds) std::abort();
}

// As recordings are written again.
void check_frame(const event::Event& event) {
  const uint8_t changes = event::frame_changes(event);
  std::vector<std::byte> frame(event.bytes.size() + event::added_by(changes));
  event::write_frame(event, changes, frame.data());
  std::vector<std::byte> bytes(frame.size());
  bytes.resize(event::write_bytes_of(frame, changes, bytes.data()));
  const auto original = std::as_bytes(event.bytes);
  require(std::equal(bytes.begin(), bytes.end(), original.begin(), original.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  recording::Reader reader("input", std::make_unique<recording::Input>(std::as_bytes(std::span(input, size))));
  auto layout = output::make_line_layout({event::default_columns(true, true), output::TimeStyle::mono});
  fmt::memory_buffer out;
  for (;;) {
    const auto found = reader.next();
    if (found == recording::Reader::Found::end) break;
    out.clear();
    if (found == recording::Reader::Found::gap) {
      layout->gap(out, reader.gap(), reader.names());
      continue;
    }
    require(reinterpret_cast<uintptr_t>(reader.event_bytes().data()) % alignof(uint64_t) == 0);
    auto event = event::Event::decode(reader.event_bytes(), reader.names());
    if (!event) continue;
    layout->event(out, *event);
    require(is_harmless({out.data(), out.size()}));
    check_frame(*event);
  }
  (void)reader.problem();
  require(reader.names().kept() <= recording::kMostKept + recording::kMostName + 8 * recording::kMostFrames);
  try {
    (void)recording::parse_json(reader.closing_sum());
  } catch (const std::invalid_argument&) {
    return 0;
  }
  return 0;
}
