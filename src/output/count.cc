// The layout `count`: nothing but the summary. What a trace costs beside its output is measured with it.
#include "output/layout.h"

namespace skbtrail::output {
namespace {

class CountLayout : public Layout {
 public:
  void event(fmt::memory_buffer&, const event::Event&) override {}
  void gap(fmt::memory_buffer&, const event::Gap&, const event::Names&) override {}
};

}  // namespace

std::unique_ptr<Layout> make_count_layout(const LayoutChoice&) {
  return std::make_unique<CountLayout>();
}

}  // namespace skbtrail::output
