// Texts in JSON, RFC 8259: quoted, escaped, and valid UTF-8 whatever bytes the kernel's names hold. What a terminal
// would obey or not show (text/printable.h) is escaped, so that JSON may be looked at as it is; each byte that is not
// UTF-8 is U+FFFD.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace skbtrail::output {

void append_json_text(fmt::memory_buffer& out, std::string_view text);

}  // namespace skbtrail::output
