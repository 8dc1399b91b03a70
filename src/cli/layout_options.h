// Options about what is shown, and the layouts that have a use for them. With another layout such an option is refused:
// it would change nothing, and who wrote it expects that it does.
#pragma once

#include <functional>
#include <string_view>

#include "cli/options.h"

namespace skbtrail::cli {

// `is_given`: whether the command line has the option of this name. Throws UsageError.
void refuse_unused(const TraceOptions& options, const std::function<bool(const char* option)>& is_given);

}  // namespace skbtrail::cli
