// Shell globs: * ? [a-z] [!a-z], and \ before a character that means itself. Like fnmatch(3) without flags, but on
// texts that do not end with a zero, in time bounded by the product of the lengths, and by bytes whatever the locale.
#pragma once

#include <string_view>

namespace skbtrail::filter::where {

enum class Case : bool { exact, ignored };

[[nodiscard]] bool matches(std::string_view pattern, std::string_view text, Case letters) noexcept;

[[nodiscard]] bool same(std::string_view a, std::string_view b, Case letters) noexcept;

}  // namespace skbtrail::filter::where
