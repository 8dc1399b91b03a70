// kernel::Fd under the name that this room, and those above it, call it by.
#pragma once

#include "kernel/fd.h"

namespace skbtrail::stream {

using kernel::Fd;

}  // namespace skbtrail::stream
