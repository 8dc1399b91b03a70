// Texts in JSON, RFC 8259: quoted, escaped, and valid UTF-8 whatever bytes the kernel's names hold.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace skbtrail::output {

void append_json_text(fmt::memory_buffer& out, std::string_view text);

}  // namespace skbtrail::output
