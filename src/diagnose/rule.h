// A rule of a diagnosis, as a file has it (data/rules.yaml tells how one is written): when it holds for a packet's
// trail, and what is said then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "event/fields.h"

namespace skbtrail::diagnose {

// A condition in the language of --where. Who reads rules brings the language along (run/rules.h).
struct Condition {
  std::function<bool(const event::Event& event)> holds;
  std::vector<const event::Field*> fields;  // that it asks for
};

struct ConditionError : std::invalid_argument {
  ConditionError(const std::string& sentence, size_t column_of_it)
      : std::invalid_argument(sentence), column(column_of_it) {}
  size_t column;  // of the text, from 1
};
// Throws ConditionError.
using ReadCondition = std::function<Condition(std::string_view text)>;

enum class Level : uint8_t { error, warning, info };
std::string_view level_name(Level level);

// Which of a trail's locations a rule speaks of.
enum class At : uint8_t {
  fate,
  begin,
  step,
  queue,     // of the device in whose queue it waited for longest
  way_back,  // the namespace that it leaves by another device than the other direction came in by
  nat,       // where its addresses were changed first
};

// What is asked of one trail: of what became of it, and of one of its steps.
struct Pattern {
  std::optional<Condition> when;  // fields trail.*
  std::optional<Condition> step;  // all others
};

// A pattern that rules name, to ask for earlier packets of the same flow.
struct Mark {
  std::string name;
  Pattern pattern;
};

struct Rule {
  static constexpr uint8_t kNone = UINT8_MAX;

  std::string name;
  Level level = Level::info;
  Pattern pattern;
  // Numbers of marks. An earlier packet of the flow had it: in the same direction, in the other one.
  uint8_t after = kNone, answers = kNone;
  // None had it: in the same direction, in the other one. With `times` none since the first for which the rule held.
  uint8_t not_after = kNone, unless = kNone;
  bool step_at_fate = false;  // the first step that the pattern's holds for is at the device where the fate was decided
  uint32_t times = 1;         // it holds for so many packets of the flow, in one direction
  uint32_t repeats = 1;       // the same packet was sent so often
  bool asks_way_back = false;  // it leaves a namespace by another device than the other direction came in by
  At at = At::fate;
  std::string words, look;
  std::vector<std::string> over;  // rules that are not told where this one is
};

}  // namespace skbtrail::diagnose
