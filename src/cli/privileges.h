// What tracing needs of the kernel's capabilities (capabilities(7)), and whether this process has it.
#pragma once

#include <string>

namespace skbtrail::cli {

// Names of those that are missing, joined; empty if none is.
std::string missing_capabilities();

}  // namespace skbtrail::cli
