// Fields of the section `hook`: at which hook of netfilter a function works on a packet, and between which devices.
#pragma once

#include <string_view>
#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

// "FORWARD", as iptables calls the chain of the hook; empty: a hook of which no name is known.
std::string_view hook_name(const rec_hook& hook);

// "ipv4"; empty: a family of which no name is known.
std::string_view netfilter_family(uint8_t family);

std::vector<Field> hook_fields();

}  // namespace skbtrail::event
