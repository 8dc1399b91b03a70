// What layouts of trails that are text have in common: a width, colours, signs, the time of a trail's head, and how
// gaps, --latency, --between and --diagnose are written.
#pragma once

#include "output/diagnosis_text.h"
#include "output/gap_text.h"
#include "output/latency_text.h"
#include "output/trail_layout.h"
#include "output/trail_text.h"

namespace skbtrail::output {

class TextTrailLayout : public TrailLayout {
 public:
  explicit TextTrailLayout(const LayoutChoice& choice, const trail::Limits& limits = {})
      : TrailLayout(choice, limits),
        time_(choice.time == TimeStyle::trail ? TimeStyle::clock : choice.time),
        color_(choice.color),
        signs_(signs(choice.ascii)) {}

  void set_width(size_t columns) final { width_ = columns; }

 protected:
  void append_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) final {
    output::append_gap(out, gap, names, color_);
  }
  void append_latency(fmt::memory_buffer& out, const trail::Latency& latency) final {
    output::append_latency(out, latency, width_, signs_);
  }
  void append_between(fmt::memory_buffer& out, const trail::Between& between, const BetweenChoice& choice) final {
    output::append_between(out, between, choice, signs_);
  }
  void append_diagnoses(fmt::memory_buffer& out, const diagnose::Diagnosis& diagnosis) final {
    output::append_diagnoses(out, diagnosis, width_, color_);
  }

  TimeFormat time_;
  bool color_;
  const Signs& signs_;
  size_t width_ = 0;
};

}  // namespace skbtrail::output
