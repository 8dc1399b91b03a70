// The TCP flags of `--tcp-flags LIST`: all that are named have to be set, those with `!` in front not set.
#pragma once

#include <cstdint>
#include <string_view>

namespace skbtrail::filter {

// Of the 16 bits at offset 12 of the TCP header.
struct TcpFlags {
  uint16_t mask, value;
};

// "syn", "syn,!ack". Throws std::invalid_argument with a sentence that begins with `option`.
TcpFlags parse_tcp_flags(std::string_view list, std::string_view option);

}  // namespace skbtrail::filter
