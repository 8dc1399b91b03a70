// A layout of events as lines that people read: where events were lost, it says so.
#pragma once

#include "output/gap_text.h"
#include "output/layout.h"

namespace skbtrail::output {

class TextLayout : public Layout {
 public:
  explicit TextLayout(const LayoutChoice& choice) : color_(choice.color) {}

  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    append_gap(out, gap, names, color_);
  }

 protected:
  bool color_;
};

}  // namespace skbtrail::output
