// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace skbtrail::text {

struct Character {
  size_t bytes = 0;  // 0: no well-formed sequence begins here
  char32_t code = 0;
};

// The one at the front of `text`, which is not empty.
Character first_character(std::string_view text);

}  // namespace skbtrail::text
