// Families of sockets, AF_*, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace skbtrail::event {

// Of linux/socket.h, in small letters without AF_. Empty: it has none here.
std::string_view family_name(uint8_t family);
// A name or a number below 64.
std::optional<uint8_t> family_number(std::string_view text);
std::vector<std::string_view> family_names();

}  // namespace skbtrail::event
