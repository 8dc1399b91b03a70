// The three descriptors that a process is given, whatever state they are in.
#pragma once

#include "output/standard_error.h"

namespace skbtrail::cli {

using output::message;
using output::tell;

// A descriptor that was closed before the start would be taken by the first file that is opened, and get our output.
// Call this first: it puts /dev/null there, opened the wrong way, so that using it fails as before. Returns whether
// standard output was open.
bool secure_standard_streams();

}  // namespace skbtrail::cli
