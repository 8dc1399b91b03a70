// What a probe has to do with the end of its skb, which is known by its name.
#pragma once

#include <string_view>

#include "bpf/config.h"

namespace skbtrail::probe {

packet_end end_at_tracepoint(std::string_view name);
packet_end end_at_function(std::string_view name);

}  // namespace skbtrail::probe
