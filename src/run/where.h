// --where, with the names that the running kernel, or a recording, knows.
#pragma once

#include <optional>
#include <string>

#include "filter/where.h"

namespace skbtrail::run {

// Nothing where `text` is empty. Throws UsageError.
std::optional<filter::Where> make_where(const std::string& text, const filter::KnownNames& names);

// What of it may mean another field than was thought of: a sentence, or nothing.
std::string where_hint(const std::string& text);

}  // namespace skbtrail::run
