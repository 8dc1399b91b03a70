// `skbtrail list --reasons [NAME ...]`: what the kernel's drop reasons mean. Needs no privileges.
#pragma once

#include <string>
#include <vector>

namespace skbtrail::cli {

// Without names every reason on a line; else all that is known of those that are named. Throws UsageError.
std::string reasons_page(const std::vector<std::string>& names);

// The same, one object a line.
std::string reasons_json(const std::vector<std::string>& names);

}  // namespace skbtrail::cli
