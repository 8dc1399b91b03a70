// What the results of functions mean where their type does not tell: by what their arguments are, and by their names.
//
// Read off the sources of Linux 6.1, 6.12 and 7.2. tests/vm/check-results holds the names and types to the kernels of
// the lab, 5.10 among them, and records them (--record) for tests/unit/probe/result_rules_test.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "event/result_format.h"
#include "kernel/btf.h"

namespace skbtrail::probe {

struct ValueName {
  int64_t value;
  std::string_view name;
};

struct ResultRule {
  std::string_view type;       // only where the function returns this: some return an enum on newer kernels
  std::string_view functions;  // their names, with spaces between
  event::ResultMeaning meaning;
  std::span<const ValueName> names;
  std::string_view enumeration;  // of BTF, whose enumerators are names as well; empty: none
};

// Each function is in one rule at most.
std::span<const ResultRule> result_rules();

// Null: its type and arguments tell all that is known.
const ResultRule* result_rule(std::string_view function, std::string_view type);

// By its type, its arguments and its name; without the enumerators, for which BTF has to be asked: `enumeration` names
// them, empty where there are none.
struct Result {
  event::ResultFormat format;
  std::string enumeration;
};
Result result_of(const kernel::Function& function);

}  // namespace skbtrail::probe
