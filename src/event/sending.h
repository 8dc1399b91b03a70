// Probes at which the kernel is about to send something because of the packet that is there: an ICMP error, or a TCP
// reset. They are known by name, tracepoints and functions alike; what is sent is in the section `sent`, as far as the
// probe's arguments tell it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skbtrail::event {

enum class Sending : uint8_t { icmp, icmp6, reset };

// Nothing: at a probe of this name nothing is sent.
std::optional<Sending> sending_at(std::string_view probe);

}  // namespace skbtrail::event
