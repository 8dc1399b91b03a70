// A recording in memory, made by the Encoder, and what a Reader finds in it.
#pragma once

#include <string>
#include <vector>

#include "fake_names.h"
#include "recording/encoder.h"
#include "recording/reader.h"
#include "sample_records.h"

namespace skbtrail::test {

class RecordedFile {
 public:
  explicit RecordedFile(const event::Names& names) : names_(names), encoder_(head(), names) { encoder_.begin(bytes_); }

  static recording::Head head() {
    recording::Head head;
    head.program = "skbtrail test";
    head.kernel = "6.18.0";
    head.host = "here";
    head.command = {"trace", "-w", "x"};
    head.probes = {{"kfree_skb", nullptr}, {"net_dev_xmit", nullptr}};
    head.drop_reasons = {"NO_SOCKET"};
    return head;
  }

  // True where the bytes are a whole record.
  bool add(const RecordBuilder::Record& record, bool late = false) {
    auto event = event::Event::decode(record, names_);
    if (!event) return false;
    event->late = late;
    encoder_.event(bytes_, *event);
    return true;
  }
  void add(const event::Gap& gap) { encoder_.gap(bytes_, gap); }
  void end(std::string_view sum = R"({"events":1})") { encoder_.end(bytes_, sum); }

  [[nodiscard]] std::string bytes() const { return fmt::to_string(bytes_); }

 private:
  const event::Names& names_;
  recording::Encoder encoder_;
  fmt::memory_buffer bytes_;
};

// Borrows the bytes.
class ReadBytes {
 public:
  explicit ReadBytes(std::string_view bytes)
      : reader("bytes", std::make_unique<recording::Input>(std::as_bytes(std::span(bytes.data(), bytes.size())))) {
    for (;;) {
      const auto found = reader.next();
      if (found == recording::Reader::Found::end) return;
      if (found == recording::Reader::Found::gap) {
        gaps.push_back(reader.gap());
        continue;
      }
      records.emplace_back(reader.event_bytes().begin(), reader.event_bytes().end());
      late.push_back(reader.late());
      times.push_back(reader.time_ns());
    }
  }

  recording::Reader reader;
  std::vector<RecordBuilder::Record> records;
  std::vector<bool> late;
  std::vector<uint64_t> times;
  std::vector<event::Gap> gaps;
};

}  // namespace skbtrail::test
