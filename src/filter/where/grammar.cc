#include "filter/where/grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "filter/where/values.h"
#include "filter/where/words.h"
#include "text/habits.h"
#include "text/nearest.h"

namespace skbtrail::filter::where {

namespace {

bool begins_as_number(std::string_view text) {
  if (text.size() > 1 && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

// The same comparison with its sides exchanged.
std::string_view mirrored(std::string_view comparison) {
  if (comparison == "<") return ">";
  if (comparison == "<=") return ">=";
  if (comparison == ">") return "<";
  if (comparison == ">=") return "<=";
  return comparison;
}

class Parser {
 public:
  Parser(std::string_view expression, const KnownNames& names)
      : expression_(expression), words_(words_of(expression)), values_(expression, names) {}

  Program program() && {
    if (word().kind == WordKind::end) refuse(word(), "the expression is empty; write a condition such as len > 100");
    any();
    if (word().kind == WordKind::close) refuse(word(), "this parenthesis closes nothing");
    if (word().kind != WordKind::end) refuse_rest();
    return std::move(program_);
  }

 private:
  [[nodiscard]] const Word& word(size_t ahead = 0) const { return words_[std::min(at_ + ahead, words_.size() - 1)]; }

  const Word& taken() {
    const Word& current = word();
    if (at_ + 1 < words_.size()) at_++;
    return current;
  }

  bool take(WordKind kind) {
    if (word().kind != kind) return false;
    taken();
    return true;
  }

  [[noreturn]] void refuse(const Word& at, std::string_view sentence) const {
    where::refuse(expression_, at.offset, sentence);
  }

  // What was added to the tree from `start` on becomes the part below a new node.
  void put_below(NodeKind kind, size_t start) {
    auto size = static_cast<uint32_t>(program_.nodes.size() - start + 1);
    program_.nodes.insert(program_.nodes.begin() + static_cast<std::ptrdiff_t>(start), Node{kind, size});
  }

  void add(Condition condition) {
    program_.nodes.push_back({NodeKind::condition, 1, static_cast<uint32_t>(program_.conditions.size())});
    program_.conditions.push_back(std::move(condition));
  }

  void any() {
    const size_t start = program_.nodes.size();
    all();
    if (word().kind != WordKind::disjunction) return;
    while (take(WordKind::disjunction)) all();
    put_below(NodeKind::any_of, start);
  }

  void all() {
    const size_t start = program_.nodes.size();
    one();
    if (word().kind != WordKind::conjunction) return;
    while (take(WordKind::conjunction)) one();
    put_below(NodeKind::all_of, start);
  }

  void one() {
    const size_t start = program_.nodes.size();
    bool negated = false;
    while (take(WordKind::negation)) negated = !negated;
    if (word().kind == WordKind::open)
      group();
    else if (word().kind == WordKind::bare && lower(word().text) == "known")
      known();
    else
      condition();
    if (negated) put_below(NodeKind::negation, start);
  }

  void group() {
    const Word open = taken();
    if (depth_++ == kDepthMax) refuse(open, fmt::format("parentheses are nested more than {} deep", kDepthMax));
    if (word().kind == WordKind::close) refuse(word(), "a condition is missing between the parentheses");
    any();
    depth_--;
    if (word().kind == WordKind::end) refuse(open, "this parenthesis is not closed");
    if (!take(WordKind::close)) refuse_rest();
  }

  void known() {
    const Word name = taken();
    if (word().kind != WordKind::open || !word(1).is_value() || word(2).kind != WordKind::close)
      refuse(name, "known asks whether an event has a field; write known(drop_reason)");
    taken();
    const event::Field& asked = field(taken(), nullptr);
    taken();
    add({&asked, IsKnown{}});
  }

  void condition() {
    if (!word().is_value()) refuse_missing_condition();
    const Word name = word();
    const bool is_field = event::find_field(name.text) || name.text.starts_with(event::kArgumentPrefix);
    if (name.kind == WordKind::bare && !is_field) refuse_turned_round(name);
    const event::Field& compared = field(name, first_value());
    taken();
    const bool negated_list = word().kind == WordKind::negation && word(1).kind == WordKind::in;
    if (negated_list) taken();
    if (word().kind == WordKind::in)
      list(compared, negated_list);
    else if (word().is_comparison())
      comparison(compared);
    else if (compared.type == event::Type::boolean)
      add({&compared, IsTrue{}});
    else
      refuse_bare(name, compared);
  }

  void comparison(const event::Field& compared) {
    const Word sign = taken();
    add(values_.compared(compared, sign, value(sign)));
    if (word().is_comparison()) refuse(word(), "comparisons are not chained; write len > 1 and len < 3");
  }

  void list(const event::Field& compared, bool negated) {
    const Word in = taken();
    if (!take(WordKind::open))
      refuse(word().kind == WordKind::end ? in : word(),
             fmt::format("'in' requires a list in parentheses, such as {} in (a, b)", compared.name));
    const Word open = words_[at_ - 1];
    if (word().kind == WordKind::close) refuse(word(), "the list is empty");
    std::vector<Word> listed;
    do listed.push_back(value(words_[at_ - 1]));
    while (take(WordKind::comma));
    if (word().kind == WordKind::end) refuse(open, "this parenthesis is not closed");
    if (!take(WordKind::close)) refuse(word(), "the values of a list are separated by commas");
    Condition condition = values_.among(compared, in, listed);
    condition.negated = negated;
    add(std::move(condition));
  }

  const Word& value(const Word& after) {
    if (word().is_value()) return taken();
    if (word().kind == WordKind::open && after.is_comparison())
      refuse(word(), "after this operator there is one value; a list is written with in (a, b)");
    const bool keyword = !word().text.empty() && begins_as_letter(word().text);
    refuse(word(), keyword
                       ? fmt::format("a value is missing after '{}'; quote '{}' if it is one", after.text, word().text)
                       : fmt::format("a value is missing after '{}'", after.text));
  }

  static bool begins_as_letter(std::string_view text) {
    const char c = lower(text.substr(0, 1)).front();
    return c >= 'a' && c <= 'z';
  }

  // What the field at the next word is compared with, in a list the first; null where that cannot be.
  const Word* first_value() const {
    size_t at = word(1).kind == WordKind::negation ? 2 : 1;
    if (word(at).kind == WordKind::in && word(at + 1).kind == WordKind::open) return &word(at + 2);
    return word(at).is_comparison() && word(at).kind != WordKind::match && word(at).kind != WordKind::mismatch
               ? &word(at + 1)
               : nullptr;
  }

  // The type of an argument is not declared, so it is compared as what it is compared with.
  static event::Type type_like(const Word* value) {
    if (!value || value->kind == WordKind::quoted || value->text.empty()) return event::Type::text;
    const bool negative = value->text.front() == '-';
    const std::string_view range = value->text.substr(negative ? 1 : 0);
    const size_t middle = std::min(range.find('-'), range.size());
    const bool numbers =
        is_number(range.substr(0, middle)) && (middle == range.size() || is_number(range.substr(middle + 1)));
    if (!numbers) return event::Type::text;
    return negative ? event::Type::integer : event::Type::number;
  }

  static bool is_number(std::string_view text) {
    const bool hex = text.starts_with("0x");
    if (hex) text.remove_prefix(2);
    return !text.empty() &&
           text.find_first_not_of(hex ? "0123456789abcdefABCDEF" : "0123456789") == std::string_view::npos;
  }

  // `value` is what it is compared with, if anything is.
  const event::Field& field(const Word& name, const Word* value) const {
    if (name.kind == WordKind::quoted)
      refuse(name, "a condition begins with a field, which is not quoted, such as len > 100");
    if (name.text.starts_with(event::kArgumentPrefix) && name.text.size() > event::kArgumentPrefix.size())
      return event::argument_field(std::string_view(name.text).substr(event::kArgumentPrefix.size()), type_like(value));
    if (const event::Field* found = event::find_field(name.text)) return *found;
    if (const auto hint = text::hint_for(text::field_habits(), lower(name.text)); !hint.empty())
      refuse(name, fmt::format("unknown field '{}'; {}", shown(name.text), hint));
    std::vector<std::string> all;
    for (const auto& one : event::fields()) all.emplace_back(one.name);
    const std::string near = text::nearest(lower(name.text), all);
    refuse(name, fmt::format("unknown field '{}'{}", shown(name.text),
                             near.empty() ? "; --fields '?' lists them" : fmt::format("; did you mean {}?", near)));
  }

  // "1 < len < 3", "60 == len"
  void refuse_turned_round(const Word& first) const {
    const Word &sign = word(1), &second = word(2);
    const bool turned = sign.is_comparison() && second.kind == WordKind::bare && event::find_field(second.text);
    if (turned && word(3).is_comparison())
      refuse(word(3), fmt::format("comparisons are not chained; write {} {} {} and {} {} {}", second.text,
                                  mirrored(sign.text), shown(first.text), second.text, word(3).text,
                                  word(4).is_value() ? shown(word(4).text) : "..."));
    if (turned)
      refuse(first, fmt::format("a comparison begins with the field; write {} {} {}", second.text, mirrored(sign.text),
                                shown(first.text)));
    if (begins_as_number(first.text))
      refuse(first,
             fmt::format("a condition begins with a field, such as len > 100, and not with '{}'", shown(first.text)));
  }

  [[noreturn]] void refuse_bare(const Word& name, const event::Field& bare) const {
    const std::string_view example = event::is_textual(bare.type) ? "== NAME" : "== 1";
    if (word().is_value())
      refuse(word(), fmt::format("an operator is missing before '{}'; write {} == {}", shown(word().text), bare.name,
                                 shown(word().text)));
    refuse(name, fmt::format("{} alone is not a condition; write a comparison, such as {} {}, or known({})", bare.name,
                             bare.name, example, bare.name));
  }

  [[noreturn]] void refuse_missing_condition() const {
    const Word& here = word();
    if (at_ > 0) {
      const Word& before = words_[at_ - 1];
      refuse(here, fmt::format("a condition is missing after '{}'", before.text));
    }
    if (here.kind == WordKind::close) refuse(here, "this parenthesis closes nothing");
    refuse(here, fmt::format("a condition is missing before '{}'", here.text));
  }

  // After a whole condition.
  [[noreturn]] void refuse_rest() const {
    if (word().is_comparison()) refuse(word(), "in front of a comparison there is a field, such as len > 100");
    refuse(word(),
           fmt::format("'{}' follows a complete condition; connect conditions with 'and' or 'or'", shown(word().text)));
  }

  std::string_view expression_;
  std::vector<Word> words_;
  Values values_;
  Program program_;
  size_t at_ = 0;
  unsigned depth_ = 0;
};

}  // namespace

Program parse(std::string_view expression, const KnownNames& names) {
  return Parser(expression, names).program();
}

}  // namespace skbtrail::filter::where
