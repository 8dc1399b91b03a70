// Whether an expression can be decided from headers alone. The kernel moves the headers that it reads into an skb's
// linear part, so such an expression hardly ever needs a byte that lies in a page fragment.
#pragma once

#include <string_view>

namespace skbtrail::filter {

// False in doubt: `tcp[20]` may be an option or the payload, and what an offset is computed to be is not followed.
bool asks_for_headers_alone(std::string_view expression);

}  // namespace skbtrail::filter
