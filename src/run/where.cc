#include "run/where.h"

#include <fmt/format.h>

#include "filter/where/words.h"
#include "run/errors.h"

namespace skbtrail::run {

std::optional<filter::Where> make_where(const std::string& text, const filter::KnownNames& names) {
  if (text.empty()) return std::nullopt;
  try {
    return filter::Where::parse(text, names);
  } catch (const filter::WhereError& error) {
    throw UsageError(error.what());
  }
}

std::string where_hint(const std::string& text) {
  if (text.empty()) return "";
  const auto words = filter::where::words_of(text);
  const auto is_number = [](std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
  };
  for (size_t i = 0; i + 2 < words.size(); i++)
    if (words[i].text == "netns" && words[i + 1].is_comparison() && words[i + 2].is_value() &&
        is_number(words[i + 2].text))
      return fmt::format("--where: netns is a name; the number of a namespace is netns_inum: netns_inum {} {}",
                         words[i + 1].text, words[i + 2].text);
  return "";
}

}  // namespace skbtrail::run
