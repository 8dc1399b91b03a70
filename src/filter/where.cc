#include "filter/where.h"

#include <algorithm>

#include "filter/where/grammar.h"

namespace skbtrail::filter {

Where Where::parse(std::string_view text, const KnownNames& names) {
  return Where(where::parse(text, names));
}

std::vector<const event::Field*> Where::fields() const {
  std::vector<const event::Field*> all;
  for (const auto& condition : program_.conditions)
    if (std::find(all.begin(), all.end(), condition.field) == all.end()) all.push_back(condition.field);
  return all;
}

}  // namespace skbtrail::filter
