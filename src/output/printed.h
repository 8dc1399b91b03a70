// Events as lines of a layout, at a writer: what -o and -O are about.
#pragma once

#include <memory>
#include <utility>

#include "event/sink.h"
#include "output/layout.h"
#include "output/writer.h"

namespace skbtrail::output {

class Printed final : public event::Sink {
 public:
  // `in_band`: notices and the summary become lines, too, where the layout has some for them.
  Printed(std::unique_ptr<Layout> layout, std::unique_ptr<Writer> writer, bool in_band)
      : layout_(std::move(layout)), writer_(std::move(writer)), in_band_(in_band) {
    layout_->tell_ends_to([this](uint64_t events) { writer_->held_ended(events); });
  }

  // Before the first event. `longest_function`: see Layout::expect_functions.
  void begin(size_t longest_function, bool with_header);

  void event(const event::Event& event) override {
    const bool is_held = layout_->holds_events();
    if (is_held) writer_->event_held();
    layout_->event(writer_->buffer(), event);
    is_held ? writer_->added() : writer_->event_added();
  }
  void gap(const event::Gap& gap, const event::Names& names) override {
    layout_->gap(writer_->buffer(), gap, names);
    writer_->added();
  }
  void advance(uint64_t until_ns) override {
    layout_->advance(writer_->buffer(), until_ns);
    writer_->added();
  }
  void names_end(const event::Names& names) override {
    layout_->names_end(writer_->buffer(), names);
    writer_->added();
  }
  [[nodiscard]] bool is_full() const override { return layout_->is_full(); }
  void notice(const event::Notice& notice) override;
  void end(const event::Summary& summary) override;

  // What was added is written soon, and what comes fits the terminal as it is now. Throws as Writer does.
  void hand_over();

  // What came is printed when some time has gone by.
  [[nodiscard]] bool waits() const { return layout_->waits(); }
  // Nothing where events are shown.
  [[nodiscard]] std::optional<event::TrailCounts> trails() const { return layout_->trails(); }

  [[nodiscard]] bool takes_notices() const { return in_band_; }
  [[nodiscard]] Writer& writer() { return *writer_; }
  [[nodiscard]] const Writer& writer() const { return *writer_; }

 private:
  std::unique_ptr<Layout> layout_;
  std::unique_ptr<Writer> writer_;
  bool in_band_;
};

}  // namespace skbtrail::output
