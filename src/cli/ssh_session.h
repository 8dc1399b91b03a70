// The ssh connection through which a terminal is reached. What is printed there goes out by it, so a trace of
// everything would trace its own output without end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skbtrail::cli {

struct SshConnection {
  std::string client, server;  // addresses, in the form of the packet expression
  uint16_t client_port = 0, server_port = 0;

  // An expression that holds for every packet but those of the connection.
  [[nodiscard]] std::string everything_else() const;
  // "192.0.2.1.50000 > 192.0.2.2.22".
  [[nodiscard]] std::string text() const;
};

// The value of SSH_CONNECTION, "192.0.2.1 50000 192.0.2.2 22" (ssh(1)). Nothing where it is none.
std::optional<SshConnection> parse_ssh_connection(std::string_view value);

// That of this process or, for sudo and su take the variable away, of the nearest process above it that has one and may
// be looked at. One that is over by now (in a tmux that was started by it) does no harm: it has no packets.
std::optional<SshConnection> ssh_connection(const std::string& proc = "/proc");

}  // namespace skbtrail::cli
