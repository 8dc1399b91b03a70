// What an expression is parsed to: conditions, and a tree of and, or, not above them that lies flat in one block.
//
//   a and (b or not c):   all_of(6) a(1) any_of(4) b(1) not(2) c(1)
//
// The number is the size of the part of the tree that begins there, so children are walked without pointers. Judging
// allocates nothing, save where a field's own text is longer than a Scratch holds in itself.
#pragma once

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
enum class Truth : uint8_t { no, unknown, yes };

namespace where {

// First and last belong to it. Signed numbers are moved so that their order is that of unsigned ones, see ordered().
struct NumberRange {
  uint64_t first;
  uint64_t last;
};
constexpr uint64_t ordered(int64_t number) noexcept {
  return static_cast<uint64_t>(number) ^ (uint64_t{1} << 63);
}

// Of one IP version; a prefix is a range too. An IPv4 address stands in the first four bytes.
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

  [[nodiscard]] Truth judge(const event::Event& event) const;
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

  [[nodiscard]] Truth judge(const event::Event& event, size_t from = 0) const;
};

// Nothing in particular if `text` is no address of that kind: `version` is then 0.
struct Address {
  uint8_t version = 0;
  std::array<uint8_t, 16> bytes{};
};
Address parse_address(std::string_view text) noexcept;

}  // namespace where
}  // namespace skbtrail::filter
