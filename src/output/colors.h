// What begins and ends a colour on a terminal. One meaning, one colour, in every layout.
#pragma once

#include <string_view>

namespace skbtrail::output {

constexpr std::string_view kHeadColor = "\033[1m";
constexpr std::string_view kBadColor = "\033[1;31m";
constexpr std::string_view kDoubtColor = "\033[1;33m";
constexpr std::string_view kGoodColor = "\033[1;32m";
constexpr std::string_view kDimColor = "\033[2m";
constexpr std::string_view kNoColor = "\033[0m";

}  // namespace skbtrail::output
