// Lines that fit a terminal: pieces one after another, broken between them, and between words where one is too long.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "output/colors.h"
#include "text/append.h"

namespace skbtrail::output {

// On a terminal, without what sets a colour.
size_t columns_of(std::string_view text);
inline size_t columns_of(const fmt::memory_buffer& text) {
  return columns_of(std::string_view(text.data(), text.size()));
}

inline void pad(fmt::memory_buffer& out, size_t columns) {
  char* at = text::room(out, columns);
  std::fill(at, at + columns, ' ');
}

// Pieces one after another; what does not fit begins a line. No terminal: all in one line, which grep finds.
class Wrapped {
 public:
  // `column`: so much is in the line already.
  Wrapped(fmt::memory_buffer& out, size_t width, bool color, size_t column = 0, size_t indent = 2)
      : out_(out), width_(width), color_(color), indent_(indent), column_(column), gap_(column ? 0 : 3) {}

  void add(std::string_view piece, std::string_view color = {}) {
    if (piece.empty()) return;
    const size_t columns = columns_of(piece);
    keep_together(columns);
    if (is_begun_) space(gap_);
    if (color_) text::append(out_, color);
    text::append(out_, piece);
    if (color_ && !color.empty()) text::append(out_, kNoColor);
    column_ += columns;
    is_begun_ = true;
    gap_ = 3;
  }
  void add(const fmt::memory_buffer& piece, std::string_view color = {}) { add({piece.data(), piece.size()}, color); }

  // Broken between words, where it is wider than what there is left.
  void add_text(std::string_view piece, std::string_view color = {}) {
    while (!fits(columns_of(piece))) {
      size_t end = piece.find(' ');
      if (end == std::string_view::npos) break;
      if (is_begun_ && !fits(columns_of(piece.substr(0, end)))) {
        end_line();
        continue;
      }
      for (size_t next = end; next != std::string_view::npos; next = piece.find(' ', next + 1))
        if (fits(columns_of(piece.substr(0, next)))) end = next;
      add(piece.substr(0, end), color);
      end_line();
      piece.remove_prefix(end + 1);
    }
    add(piece, color);
  }
  void add_text(const fmt::memory_buffer& piece, std::string_view color = {}) {
    add_text({piece.data(), piece.size()}, color);
  }

  // A line of its own for so much, if there is too little left of this one.
  void keep_together(size_t columns) {
    if (is_begun_ && !fits(columns)) end_line();
  }
  // Between what is there and what comes.
  void gap(size_t columns) { gap_ = columns; }

 private:
  [[nodiscard]] bool fits(size_t columns) const {
    return !width_ || column_ + (is_begun_ ? gap_ : 0) + columns <= width_;
  }
  void end_line() {
    text::append(out_, '\n');
    column_ = 0;
    space(indent_);
    is_begun_ = false;
  }
  void space(size_t columns) {
    pad(out_, columns);
    column_ += columns;
  }

  fmt::memory_buffer& out_;
  size_t width_;
  bool color_;
  size_t indent_, column_, gap_;
  bool is_begun_ = false;  // something is in this line
};

}  // namespace skbtrail::output
