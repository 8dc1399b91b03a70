// Included before all else (src/CMakeLists.txt). Before fmt 10 each file that formats into a string of its own
// instantiates all of formatting, floating point included, which is two thirds of what it takes to compile; with this
// it is done once, in fmt_once.cc. Later versions have that function in their library.
#pragma once

#include <fmt/format.h>

#if FMT_VERSION < 100000
extern template void fmt::detail::vformat_to<char>(fmt::detail::buffer<char>&, fmt::string_view, fmt::format_args,
                                                   fmt::detail::locale_ref);
#endif
