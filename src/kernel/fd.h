// io::Fd under the name that this room calls it by.
#pragma once

#include "io/fd.h"

namespace skbtrail::kernel {

using io::Fd;

}  // namespace skbtrail::kernel
