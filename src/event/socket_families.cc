#include "event/socket_families.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace skbtrail::event {

namespace {

// By number. Those that no kernel has any more are skipped.
constexpr std::array<std::string_view, 47> kNames{
    "",      "unix", "inet",   "ax25",       "ipx",  "appletalk", "netrom", "",      "",     "x25",       "inet6",
    "rose",  "",     "",       "",           "key",  "netlink",   "packet", "",      "",     "atmsvc",    "rds",
    "",      "",     "pppox",  "",           "llc",  "ib",        "mpls",   "can",   "tipc", "bluetooth", "iucv",
    "rxrpc", "isdn", "phonet", "ieee802154", "caif", "alg",       "nfc",    "vsock", "kcm",  "qipcrtr",   "smc",
    "xdp",   "mctp", ""};

}  // namespace

std::string_view family_name(uint8_t family) {
  return family < kNames.size() ? kNames[family] : std::string_view{};
}

std::optional<uint8_t> family_number(std::string_view text) {
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (!text.empty() && found != kNames.end()) return static_cast<uint8_t>(found - kNames.begin());
  uint8_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0 || number >= 64) return std::nullopt;
  return number;
}

std::vector<std::string_view> family_names() {
  std::vector<std::string_view> names;
  for (const auto name : kNames)
    if (!name.empty()) names.push_back(name);
  return names;
}

}  // namespace skbtrail::event
