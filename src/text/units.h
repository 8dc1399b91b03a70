// Numbers as people write them on a command line. All throw std::invalid_argument with a sentence that names what was
// written and what would do.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace skbtrail::text {

// Decimal, or hexadecimal after 0x.
uint64_t parse_number(std::string_view text, std::string_view what, uint64_t max = UINT64_MAX);

// "60" or "60-1500"; the second is not below the first.
std::pair<uint32_t, uint32_t> parse_range(std::string_view text, std::string_view what, uint32_t max = UINT32_MAX);

// "8M", "512KiB", "65536": K, M and G are powers of 1024.
uint64_t parse_size(std::string_view text, std::string_view what);

// "10" (seconds), "1.5s", "500ms", "20us", "3m", "1h".
std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view what);

}  // namespace skbtrail::text
