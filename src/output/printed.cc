#include "output/printed.h"

namespace skbtrail::output {

void Printed::begin(size_t longest_function, bool with_header) {
  const bool terminal = writer_->is_terminal();
  if (terminal) {
    layout_->set_width(writer_->terminal_columns());
    layout_->expect_functions(longest_function);
  }
  if (with_header) layout_->header(writer_->buffer(), terminal);
  if (terminal) writer_->hand_over();
}

void Printed::notice(const event::Notice& notice) {
  if (!in_band_) return;
  layout_->notice(writer_->buffer(), notice);
  writer_->added();
}

void Printed::end(const event::Summary& summary) {
  layout_->end(writer_->buffer());
  if (in_band_) {
    event::Summary whole = summary;
    whole.trails = layout_->trails();  // some were closed by the end
    layout_->summary(writer_->buffer(), whole);
  }
  writer_->flush();
}

void Printed::hand_over() {
  if (writer_->buffer().size() == 0) return;
  writer_->hand_over();
  if (writer_->is_terminal()) layout_->set_width(writer_->terminal_columns());
}

}  // namespace skbtrail::output
