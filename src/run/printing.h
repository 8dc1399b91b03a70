// What is printed, as it was asked for: the layout, and where its lines go.
#pragma once

#include <memory>

#include "filter/where.h"
#include "output/printed.h"
#include "run/options.h"

namespace skbtrail::run {

// Throws std::system_error where the file cannot be made.
std::unique_ptr<output::Writer> make_writer(const OutputOptions& options, const output::LayoutKind& layout);

bool wants_color(Color color, const output::Writer& writer);

// The terminal shows nothing else, as its users said it is.
bool has_ascii_alone();

// `where` is borrowed: by it trails are chosen. Throws std::system_error where the file cannot be made.
std::unique_ptr<output::Printed> make_printed(const TraceOptions& options, const std::optional<filter::Where>& where,
                                              const std::optional<output::BetweenChoice>& between = std::nullopt);

}  // namespace skbtrail::run
