// Lists of 16-bit numbers: ports, and the identifiers of echoes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace skbtrail::filter {

struct NumberRange {
  uint16_t first, last;  // both belong to it
};

// "80", "0x50", "80-90", "80,443,8000-8100". Throws std::invalid_argument with a sentence that begins with `option`.
std::vector<NumberRange> parse_numbers(std::string_view list, std::string_view option);

// The same, and names of /etc/services among them. A name is its number, and where it has several, any of them; the
// protocol that the name is registered for does not matter.
std::vector<NumberRange> parse_ports(std::string_view list, std::string_view option);

}  // namespace skbtrail::filter
