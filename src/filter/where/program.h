// What an expression is parsed to: conditions, and a tree of and, or, not above them that lies flat in one block.
//
//   a and (b or not c):   all_of(6) a(1) any_of(4) b(1) not(2) c(1)
//
// The number is the size of the part of the tree that begins there, so children are walked without pointers. Judging
// allocates nothing, save where a field's own text is longer than a Scratch holds in itself.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "event/event.h"
#include "event/fields.h"
#include "filter/where/glob.h"

namespace skbtrail::filter {

// In this order `and` is the least of its parts, `or` the greatest, and `not` the mirror image (Kleene).
enum class Tribool : uint8_t { no, unknown, yes };

namespace where {

// First and last belong to it. Signed numbers are moved so that their order is that of unsigned ones, see ordered().
struct NumberRange {
  uint64_t first;
  uint64_t last;
};
constexpr uint64_t ordered(int64_t number) noexcept {
  return static_cast<uint64_t>(number) ^ (uint64_t{1} << 63);
}

// Of one IP version; a prefix is a range too. An IPv4 address is in the first four bytes.
struct AddressRange {
  uint8_t version;
  std::array<uint8_t, 16> first;
  std::array<uint8_t, 16> last;
};

struct Texts {
  std::vector<std::string> any_of;
  Case letters;
};

struct Glob {
  std::string pattern;
  Case letters;
};

struct IsTrue {};
struct IsKnown {};  // the field's value does not matter

using Wanted = std::variant<std::vector<NumberRange>, std::vector<AddressRange>, Texts, Glob, IsTrue, IsKnown>;

struct Condition {
  const event::Field* field;
  Wanted wanted;
  bool negated = false;

  [[nodiscard]] Tribool evaluate(const event::Event& event) const;

 private:
  [[nodiscard]] bool fits_one_of(const event::Value& list) const;
};

enum class NodeKind : uint8_t { condition, all_of, any_of, negation };

struct Node {
  NodeKind kind;
  uint32_t size;           // nodes from this one to the end of its part, itself included
  uint32_t condition = 0;  // which, where it is one
};

struct Program {
  std::vector<Condition> conditions;
  std::vector<Node> nodes;

  [[nodiscard]] Tribool evaluate(const event::Event& event) const {
    return evaluate([&](uint32_t condition) { return conditions[condition].evaluate(event); });
  }

  // The same in two steps, where what is asked of the event's trail is known later than the event is at hand. First
  // what is asked of the event, two bits a condition, and never 0; later the whole, of an event that knows its trail
  // and nothing else.
  static constexpr size_t kMostOfEvent = 31;  // conditions
  [[nodiscard]] bool asks_of(bool trails) const;
  [[nodiscard]] size_t conditions_of_event() const;
  [[nodiscard]] uint64_t answers(const event::Event& event) const;
  [[nodiscard]] Tribool evaluate(uint64_t answers, const event::Event& trail) const;

 private:
  // Recursion is as deep as the parentheses, which the parser bounds.
  template <typename Ask>
  Tribool evaluate(Ask ask, size_t from = 0) const {
    const Node& node = nodes[from];
    if (node.kind == NodeKind::condition) return ask(node.condition);
    if (node.kind == NodeKind::negation) return opposite(evaluate(ask, from + 1));
    const bool all = node.kind == NodeKind::all_of;
    const Tribool decisive = all ? Tribool::no : Tribool::yes;
    Tribool result = opposite(decisive);
    for (size_t child = from + 1; child < from + node.size; child += nodes[child].size) {
      const Tribool part = evaluate(ask, child);
      result = all ? std::min(result, part) : std::max(result, part);
      if (result == decisive) break;
    }
    return result;
  }
  static Tribool opposite(Tribool of) {
    return static_cast<Tribool>(static_cast<uint8_t>(Tribool::yes) - static_cast<uint8_t>(of));
  }
};

// Nothing in particular if `text` is no address of that kind: `version` is then 0.
struct Address {
  uint8_t version = 0;
  std::array<uint8_t, 16> bytes{};
};
Address parse_address(std::string_view text) noexcept;

}  // namespace where
}  // namespace skbtrail::filter
