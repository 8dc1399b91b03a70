// The text of --where cut into words, and the one way in which a mistake in it is told.
//
// A bare word ends at a blank or at one of ()<>=!~&|,"' and so may be a number with its unit, a range, an address, a
// prefix or a glob: what it means is decided by the field it is compared with. A quoted word is never a keyword; there
// is no escape in it, so a text with one kind of quotes is written in the other.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::filter {

// The message is: what is wrong and what would be right, the expression, and a caret below the column:
//   --where: column 1: there is no field 'drop_reson'; did you mean drop_reason?
//     drop_reson == NO_SOCKET
//     ^
struct WhereError : std::invalid_argument {
  WhereError(const std::string& message, size_t column_of_it) : std::invalid_argument(message), column(column_of_it) {}
  size_t column;  // in characters, from 1 to one after the text
};

namespace where {

enum class WordKind : uint8_t {
  bare,
  quoted,
  open,
  close,
  comma,
  equal,
  unequal,
  less,
  at_most,
  greater,
  at_least,
  match,
  mismatch,
  conjunction,
  disjunction,
  negation,
  in,
  end,
};

// `text` points into the expression, without quotes; `offset` is where the word begins, in bytes.
struct Word {
  WordKind kind;
  std::string_view text;
  size_t offset;

  [[nodiscard]] bool is_value() const { return kind == WordKind::bare || kind == WordKind::quoted; }
  [[nodiscard]] bool is_comparison() const { return kind >= WordKind::equal && kind <= WordKind::mismatch; }
};

// The words, and one of kind `end` after them. Throws WhereError.
std::vector<Word> words_of(std::string_view expression);

[[noreturn]] void refuse(std::string_view expression, size_t offset, std::string_view sentence);

// A user's word as it may be in a sentence: of bounded length, without control characters.
std::string shown(std::string_view word);

std::string lower(std::string_view text);

}  // namespace where
}  // namespace skbtrail::filter
