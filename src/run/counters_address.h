// Where counters are served, as people write it: "6060" and ":6060" are at 127.0.0.1, others only if they are named,
// "0.0.0.0:6060", "[::]:6060", "localhost:6060". A name is not looked up: it might lead anywhere.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace skbtrail::run {

struct CountersAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// Throws std::invalid_argument; `what` is the option.
CountersAddress parse_counters_address(std::string_view text, std::string_view what);

// "127.0.0.1:6060", "[::1]:6060".
std::string text_of(const CountersAddress& address);

}  // namespace skbtrail::run
