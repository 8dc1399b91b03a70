// libFuzzer: any bytes as a recording or a capture, through the reader and the layout `line`. What is found must be
// whole records, what is printed must be harmless, and the reader must come to an end within its limits (limits.h).
// What is found is written as a recording again, which must be read as whole.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "event/ethernet_frame.h"
#include "event/event.h"
#include "harmless.h"
#include "output/layout.h"
#include "recording/bounded_json.h"
#include "recording/encoder.h"
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

// As `read -w` writes them.
class Again {
 public:
  explicit Again(const recording::Reader& reader) : reader_(reader), encoder_({}, reader.names()) {
    encoder_.begin(bytes_);
  }

  void event(const event::Event& event) {
    follow();
    encoder_.event(bytes_, event);
    written_++;
  }
  void gap(const event::Gap& gap) {
    follow();
    encoder_.gap(bytes_, gap);
    written_++;
  }

  // As many come back, and none is strange.
  void check() {
    encoder_.end(bytes_, "{}");
    recording::Reader reader(
        "again", std::make_unique<recording::Input>(std::as_bytes(std::span(bytes_.data(), bytes_.size()))));
    uint64_t read = 0;
    while (reader.next() != recording::Reader::Found::end) read++;
    require(read == written_ && reader.malformed() == 0 && reader.ended() && reader.problem().empty());
  }

 private:
  void follow() {
    if (reader_.names().changes() == changes_) return;
    changes_ = reader_.names().changes();
    encoder_.follow(reader_.names(), {});
  }

  const recording::Reader& reader_;
  recording::Encoder encoder_;
  fmt::memory_buffer bytes_;
  uint64_t changes_ = 0, written_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  recording::Reader reader("input", std::make_unique<recording::Input>(std::as_bytes(std::span(input, size))));
  auto layout = output::make_line_layout({event::default_columns(true, true), output::TimeStyle::mono});
  fmt::memory_buffer out;
  Again again(reader);
  for (;;) {
    const auto found = reader.next();
    if (found == recording::Reader::Found::end) break;
    out.clear();
    if (found == recording::Reader::Found::gap) {
      layout->gap(out, reader.gap(), reader.names());
      again.gap(reader.gap());
      continue;
    }
    require(reinterpret_cast<uintptr_t>(reader.event_bytes().data()) % alignof(uint64_t) == 0);
    auto event = event::Event::decode(reader.event_bytes(), reader.names());
    if (!event) continue;
    layout->event(out, *event);
    require(is_harmless({out.data(), out.size()}));
    check_frame(*event);
    again.event(*event);
  }
  again.check();
  (void)reader.problem();
  require(reader.names().kept() <= recording::kMostKept + recording::kMostName + 8 * recording::kMostFrames);
  try {
    (void)recording::parse_json(reader.summary());
  } catch (const std::invalid_argument&) {
    return 0;
  }
  return 0;
}
