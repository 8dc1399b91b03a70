// Layout `line`: one event a line, columns that grow with what they have shown, rare fields behind them by name.
#include <algorithm>
#include <iterator>

#include "output/layout.h"

namespace skbtrail::output {

namespace {

using event::Type;
using event::Value;

constexpr size_t kWidest = 32;  // a column does not grow beyond; longer values stick out
constexpr size_t kIndent = 4;   // of what follows in a line that was broken

constexpr std::string_view kDropColor = "\033[1;31m";
constexpr std::string_view kGapColor = "\033[1;33m";
constexpr std::string_view kNoColor = "\033[0m";

void append_value(fmt::memory_buffer& out, const event::Field& field, const Value& value) {
  auto to = std::back_inserter(out);
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    out.append(text->data(), text->data() + text->size());
  } else if (const auto* number = std::get_if<uint64_t>(&value)) {
    bool hexadecimal = field.type == Type::hex || field.type == Type::address;
    hexadecimal ? fmt::format_to(to, "{:#x}", *number) : fmt::format_to(to, "{}", *number);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    fmt::format_to(to, "{}", *integer);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    fmt::format_to(to, "{}", *truth ? "yes" : "no");
  } else {
    out.push_back('-');
  }
}

// Terminal control characters have no place in a device's or a task's name.
void make_printable(fmt::memory_buffer& out, size_t from) {
  for (size_t i = from; i < out.size(); i++)
    if (static_cast<unsigned char>(out[i]) < ' ' || out[i] == 0x7f) out[i] = '?';
}

class LineLayout : public Layout {
 public:
  explicit LineLayout(const LayoutChoice& choice) : time_(choice.time), color_(choice.color) {
    for (const auto* field : choice.fields)
      (field->sparse && choice.fields.size() > 1 ? sparse_ : columns_).push_back({field, field->width, false});
    if (columns_.empty()) columns_.swap(sparse_);
    columns_.back().last = true;
  }

  void header(fmt::memory_buffer& out) override {
    for (auto& column : columns_) {
      size_t start = out.size();
      for (char c : column.field->name) out.push_back(static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
      pad(out, column, start);
    }
    end_line(out);
  }

  void set_width(size_t columns) override { width_ = columns; }

  void event(fmt::memory_buffer& out, const event::Event& event) override {
    bool colored = color_ && event.is_drop();
    if (colored) out.append(kDropColor);
    size_t line = out.size();
    for (auto& column : columns_) {
      size_t start = out.size();
      append(out, *column.field, column.field->get(event, scratch_), event);
      make_printable(out, start);
      break_line(out, line, start);
      pad(out, column, start);
    }
    for (const auto& column : sparse_) {
      size_t start = out.size();
      append_sparse(out, *column.field, event);
      break_line(out, line, start);
    }
    trim(out);
    if (colored) out.append(kNoColor);
    out.push_back('\n');
  }

  void gap(fmt::memory_buffer& out, const stream::Gap& gap, const event::Names& names) override {
    (void)names;
    auto to = std::back_inserter(out);
    if (color_) out.append(kGapColor);
    fmt::format_to(to, "*** lost on CPU {}", gap.cpu);
    if (gap.after_ns && gap.before_ns)
      fmt::format_to(to, " within {:.6f} s",
                     static_cast<double>(gap.before_ns - std::min(gap.after_ns, gap.before_ns)) / 1e9);
    const char* separator = ":";
    for (size_t cause = 0; cause < gap.lost.size(); cause++) {
      if (!gap.lost[cause]) continue;
      fmt::format_to(to, "{} {} ({})", separator, gap.lost[cause], loss_name(cause));
      separator = ",";
    }
    out.append(std::string_view(" ***"));
    if (color_) out.append(kNoColor);
    out.push_back('\n');
  }

 private:
  struct Column {
    const event::Field* field;
    size_t width;
    bool last = false;  // nothing is kept free behind it
  };

  void append(fmt::memory_buffer& out, const event::Field& field, const Value& value, const event::Event& event) {
    if (field.type != Type::time) return append_value(out, field, value);
    time_.append(out, event.core->time_ns, event.names->time_of_day_ns(event.core->time_ns));
  }

  void append_sparse(fmt::memory_buffer& out, const event::Field& field, const event::Event& event) {
    Value value = field.get(event, scratch_);
    if (std::holds_alternative<std::monostate>(value)) return;
    fmt::format_to(std::back_inserter(out), "  {}=", field.name);
    size_t start = out.size();
    append_value(out, field, value);
    make_printable(out, start);
  }

  static void pad(fmt::memory_buffer& out, Column& column, size_t start) {
    if (column.last) return;
    size_t length = out.size() - start;
    if (length > column.width && length <= kWidest) column.width = length;
    size_t wanted = std::max(column.width, length) + 2;
    for (; length < wanted; length++) out.push_back(' ');
  }

  // If what was added from `start` on does not fit into the terminal's line, it goes to a new one. `line` is where the
  // line began and moves with it.
  void break_line(fmt::memory_buffer& out, size_t& line, size_t& start) const {
    bool nothing = out.size() == start;
    if (width_ == 0 || nothing || out.size() - line <= width_ || start == line) return;
    std::string piece(out.data() + start, out.size() - start);
    piece.erase(0, piece.find_first_not_of(' '));
    out.resize(start);
    trim(out);
    out.push_back('\n');
    line = out.size();
    out.append(std::string(kIndent, ' '));
    start = out.size();
    out.append(piece);
  }

  static void trim(fmt::memory_buffer& out) {
    size_t length = out.size();
    while (length > 0 && out[length - 1] == ' ') length--;
    out.resize(length);
  }

  static void end_line(fmt::memory_buffer& out) {
    trim(out);
    out.push_back('\n');
  }

  TimeFormat time_;
  bool color_;
  size_t width_ = 0;
  std::vector<Column> columns_;
  std::vector<Column> sparse_;
  event::Scratch scratch_;
};

}  // namespace

std::unique_ptr<Layout> make_line_layout(const LayoutChoice& choice) {
  return std::make_unique<LineLayout>(choice);
}

}  // namespace skbtrail::output
