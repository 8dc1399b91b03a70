#include "run/counters_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <cstring>
#include <stdexcept>

#include "text/units.h"

namespace skbtrail::run {

namespace {

template <typename Address>
CountersAddress of(const Address& address) {
  CountersAddress made;
  std::memcpy(&made.bytes, &address, sizeof(address));
  made.size = sizeof(address);
  return made;
}

template <typename Address>
Address as(const CountersAddress& address) {
  Address made{};
  std::memcpy(&made, &address.bytes, sizeof(made));
  return made;
}

}  // namespace

CountersAddress parse_counters_address(std::string_view text, std::string_view what) {
  const size_t colon = text.rfind(':');
  std::string host(colon == std::string_view::npos ? "" : text.substr(0, colon));
  const auto port = static_cast<uint16_t>(
      text::parse_number(text.substr(colon + 1), fmt::format("{}: port", what), UINT16_MAX));  // npos + 1 is 0
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return of(v4);
  sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed && inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) == 1) return of(v6);
  throw std::invalid_argument(
      fmt::format("{}: '{}' is not an address; write PORT for 127.0.0.1, 0.0.0.0:PORT or [::1]:PORT", what, text));
}

std::string text_of(const CountersAddress& address) {
  char host[INET6_ADDRSTRLEN] = "";
  if (address.bytes.ss_family == AF_INET6) {
    const auto v6 = as<sockaddr_in6>(address);
    return fmt::format("[{}]:{}", inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host)), ntohs(v6.sin6_port));
  }
  const auto v4 = as<sockaddr_in>(address);
  return fmt::format("{}:{}", inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host)), ntohs(v4.sin_port));
}

}  // namespace skbtrail::run
