// Which Linux this is, for what cannot be tried or read from its types.
#pragma once

#include <string_view>

namespace skbtrail::kernel {

// Whether a release, such as "6.18.44-cloud", is older than this version. One that is not understood is older than
// none.
bool is_before(std::string_view release, unsigned major, unsigned minor);
// The same of the running kernel.
bool runs_before(unsigned major, unsigned minor);

}  // namespace skbtrail::kernel
