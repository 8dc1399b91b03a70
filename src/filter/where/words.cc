#include "filter/where/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/printable.h"
#include "text/utf8.h"

namespace skbtrail::filter::where {

namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kEndsAWord = " \t\r\n\v\f()<>=!~&|,\"'";

struct Symbol {
  std::string_view text;
  WordKind kind;
};

// The longer ones first.
constexpr std::array kSymbols = std::to_array<Symbol>({
    {"==", WordKind::equal},
    {"!=", WordKind::unequal},
    {"<=", WordKind::at_most},
    {">=", WordKind::at_least},
    {"!~", WordKind::mismatch},
    {"&&", WordKind::conjunction},
    {"||", WordKind::disjunction},
    {"=", WordKind::equal},
    {"<", WordKind::less},
    {">", WordKind::greater},
    {"~", WordKind::match},
    {"!", WordKind::negation},
    {"(", WordKind::open},
    {")", WordKind::close},
    {",", WordKind::comma},
});

constexpr std::array kKeywords = std::to_array<Symbol>({
    {"and", WordKind::conjunction},
    {"or", WordKind::disjunction},
    {"not", WordKind::negation},
    {"in", WordKind::in},
});

// Operators of other languages, and what they are called here.
constexpr std::array kForeign = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"=~", "'=~' is no operator; a glob is written with ~"},
    {"<>", "'<>' is no operator; write !="},
    {"=<", "'=<' is no operator; write <="},
    {"=>", "'=>' is no operator; write >="},
});

class Lexer {
 public:
  explicit Lexer(std::string_view expression) : expression_(expression) {}

  std::vector<Word> words() {
    std::vector<Word> all;
    do all.push_back(next());
    while (all.back().kind != WordKind::end);
    return all;
  }

 private:
  [[nodiscard]] std::string_view rest() const { return expression_.substr(at_); }

  Word taken(WordKind kind, size_t size) {
    Word word{kind, expression_.substr(at_, size), at_};
    at_ += size;
    return word;
  }

  Word next() {
    at_ = std::min(expression_.find_first_not_of(kBlanks, at_), expression_.size());
    if (at_ == expression_.size()) return {WordKind::end, {}, at_};
    if (rest().front() == '"' || rest().front() == '\'') return quoted();
    for (const auto& [text, sentence] : kForeign)
      if (rest().starts_with(text)) refuse(expression_, at_, sentence);
    for (const auto& symbol : kSymbols)
      if (rest().starts_with(symbol.text)) return taken(symbol.kind, symbol.text.size());
    if (rest().front() == '&') refuse(expression_, at_, "a single '&' is no operator; write && or and");
    if (rest().front() == '|') refuse(expression_, at_, "a single '|' is no operator; write || or or");
    return bare();
  }

  Word bare() {
    Word word = taken(WordKind::bare, std::min(rest().find_first_of(kEndsAWord), rest().size()));
    for (const auto& keyword : kKeywords)
      if (word.text.size() == keyword.text.size() && lower(word.text) == keyword.text) word.kind = keyword.kind;
    return word;
  }

  Word quoted() {
    size_t last = rest().find(rest().front(), 1);
    if (last == std::string_view::npos)
      refuse(expression_, at_, fmt::format("unterminated quotation; a closing {} is missing", rest().front()));
    Word word{WordKind::quoted, rest().substr(1, last - 1), at_};
    at_ += last + 1;
    return word;
  }

  std::string_view expression_;
  size_t at_ = 0;
};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
}

// Characters of UTF-8, so that the caret is below what it means; control characters as blanks, bytes that are no
// character by themselves.
std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> all;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = std::max<size_t>(text::first_character(text.substr(at)).bytes, 1);
    all.push_back(is_control(text[at]) ? " " : text::printable(text.substr(at, bytes)));
    at += bytes;
  }
  return all;
}

// The expression, or what is around the column where it is long, and the caret.
std::string picture(const std::vector<std::string>& all, size_t column) {
  constexpr size_t kShown = 100, kBefore = 60;
  const bool cut = all.size() > kShown;
  const size_t first = cut && column > kBefore ? column - kBefore : 0;
  const size_t last = cut ? std::min(all.size(), first + kShown) : all.size();
  const std::string_view before = first > 0 ? "..." : "";
  std::string line(before);
  for (size_t i = first; i < last; i++) line += all[i];
  if (last < all.size()) line += "...";
  return fmt::format("  {}\n  {:>{}}", line, '^', before.size() + column - first);
}

}  // namespace

std::vector<Word> words_of(std::string_view expression) {
  return Lexer(expression).words();
}

void refuse(std::string_view expression, size_t offset, std::string_view sentence) {
  const size_t column = characters(expression.substr(0, offset)).size() + 1;
  throw WhereError(fmt::format("--where: column {}: {}\n{}", column, sentence, picture(characters(expression), column)),
                   column);
}

std::string shown(std::string_view word) {
  constexpr size_t kMost = 60;
  std::string result;
  size_t count = 0;
  for (const auto& character : characters(word)) {
    if (++count > kMost) return result + "...";
    result += character;
  }
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

}  // namespace skbtrail::filter::where
