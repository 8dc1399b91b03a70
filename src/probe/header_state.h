// Functions at whose entry an skb's headers are not what its offsets say, by name: what is written when is a matter of
// the kernel's source and is in no BTF. What the skb itself tells is bpf/headers.h's.
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/config.h"

namespace skbtrail::probe {

// HEADERS_WRITTEN for a function that is not known by name.
header_state header_state_at(std::string_view function);

}  // namespace skbtrail::probe
