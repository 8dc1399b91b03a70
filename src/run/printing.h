// What is printed, as it was asked for: the layout, and where its lines go.
#pragma once

#include <memory>

#include "output/printed.h"
#include "run/options.h"

namespace skbtrail::run {

// Throws std::system_error where its file cannot be made.
std::unique_ptr<output::Printed> make_printed(const TraceOptions& options);

}  // namespace skbtrail::run
