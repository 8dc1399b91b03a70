// The layout of `as nettrace` in its plain mode: a line an event (nettrace_line.h).
#include "output/gap_text.h"
#include "output/layout.h"
#include "output/nettrace_line.h"
#include "text/append.h"

namespace skbtrail::output {

namespace {

class NettraceLayout : public Layout {
 public:
  explicit NettraceLayout(const LayoutChoice& choice) : line_(choice, NettraceLine::Use::alone), color_(choice.color) {}

  void header(fmt::memory_buffer& out, bool terminal) override {
    if (terminal) text::append(out, "begin tracing......\n");
  }
  void event(fmt::memory_buffer& out, const event::Event& event) override { line_.append(out, event); }
  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) override {
    append_gap(out, gap, names, color_);
  }

 private:
  NettraceLine line_;
  bool color_;
};

}  // namespace

std::unique_ptr<Layout> make_nettrace_layout(const LayoutChoice& choice) {
  return std::make_unique<NettraceLayout>(choice);
}

}  // namespace skbtrail::output
