// The grammar of --where, by recursive descent:
//
//   expression = all { "or" all }
//   all        = one { "and" one }
//   one        = { "not" } ( "(" expression ")" | "known" "(" FIELD ")" | FIELD [ comparison ] )
//   comparison = ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~" ) VALUE
//              | [ "not" ] "in" "(" VALUE { "," VALUE } ")"
#pragma once

#include <string_view>

#include "filter/where/names.h"
#include "filter/where/program.h"

namespace skbtrail::filter::where {

// Parentheses within parentheses: more are refused, since each takes stack here and when it is evaluated.
constexpr unsigned kDepthMax = 100;

// Throws WhereError.
Program parse(std::string_view expression, const KnownNames& names);

}  // namespace skbtrail::filter::where
