// Writes a recording: hand it each event and each gap in order, and end() it. format.h says what comes out, files.h
// where it goes.
//
// Names are borrowed, and asked while events are added. What happens where something cannot be written says
// io/event_writer.h; what was whole before stays readable. Not ended (the process was killed), it is readable up to
// what was handed over.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/sink.h"
#include "io/event_writer.h"
#include "recording/encoder.h"
#include "recording/files.h"

namespace skbtrail::recording {

class Recorder final : public io::EventWriter, public event::Sink {
 public:
  Recorder(std::unique_ptr<Files> files, Head head, const event::Names& names, const Destination& destination);
  // Throws std::system_error where the file cannot be made.
  Recorder(const Destination& destination, Head head, const event::Names& names)
      : Recorder(std::make_unique<Files>(destination), std::move(head), names, destination) {}

  // Neither throws nor waits, as gap().
  void event(const event::Event& event) override {
    encoder_.event(batch_.bytes, event);
    event_added();
  }
  void gap(const event::Gap& gap, const event::Names& names) override {
    (void)names;  // those that it follows
    encoder_.gap(batch_.bytes, gap);
    added();
  }
  // A new section, and what comes is called otherwise: see Encoder.
  void begin(Head head) { encoder_.begin(batch_.bytes, std::move(head)); }
  void follow(const event::Names& names, std::span<const uint16_t> probes) { encoder_.follow(names, probes); }
  void add_unknown(std::vector<UnknownSection> sections) { encoder_.add_unknown(std::move(sections)); }
  // The summary after everything; returns when all is written.
  void end(const event::Summary& summary) override;

 private:
  static constexpr size_t kEnough = 256u << 10;

  // And begins the ring's next file where this one is full.
  void pass_on() override;
  [[nodiscard]] std::string failure() const override;

  std::unique_ptr<Files> files_;
  Encoder encoder_;
};

}  // namespace skbtrail::recording
