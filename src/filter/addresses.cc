#include "filter/addresses.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include "text/advised.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::filter {
namespace {

constexpr unsigned kIpv4Bits = 32, kIpv6Bits = 128, kMappedBits = kIpv6Bits - kIpv4Bits;

std::optional<Network> address_of(const std::string& text) {
  Network network;
  network.bits = text.find(':') == std::string::npos ? kIpv4Bits : kIpv6Bits;
  network.prefix = network.bits;
  if (inet_pton(network.bits == kIpv4Bits ? AF_INET : AF_INET6, text.c_str(), network.bytes.data()) != 1) return {};
  return network;
}

std::string text_of(const Network& network) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(network.bits == kIpv4Bits ? AF_INET : AF_INET6, network.bytes.data(), text.data(), text.size());
  return text.data();
}

bool is_mapped(const Network& network) {
  constexpr std::array<uint8_t, kMappedBits / 8> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return network.bits == kIpv6Bits && network.prefix >= kMappedBits &&
         std::equal(kMapped.begin(), kMapped.end(), network.bytes.begin());
}

Network unmapped(const Network& network) {
  Network result;
  std::copy(network.bytes.begin() + kMappedBits / 8, network.bytes.end(), result.bytes.begin());
  result.bits = kIpv4Bits;
  result.prefix = network.prefix - kMappedBits;
  return result;
}

Network without_host_bits(Network network) {
  for (unsigned bit = network.prefix; bit < network.bits; bit++)
    network.bytes[bit / 8] = static_cast<uint8_t>(network.bytes[bit / 8] & ~(0x80U >> bit % 8));
  return network;
}

// What was meant instead, if that can be told.
std::string hint(const std::string& word, Side side) {
  if (side == Side::source && !word.empty() && word.find_first_not_of("0123456789") == std::string::npos)
    return "did you mean --snaplen?";
  if (size_t percent = word.find('%'); percent != std::string::npos && address_of(word.substr(0, percent)))
    return fmt::format("packets have no scope, '-i {}' chooses the device", word.substr(percent + 1));
  if (std::count(word.begin(), word.end(), ':') == 5 && word.find("::") == std::string::npos)
    return fmt::format("a MAC address is the expression 'ether host {}'", word);
  if (size_t colon = word.rfind(':'); colon != std::string::npos && address_of(word.substr(0, colon)))
    return "a port has its own option, --port";
  if (word.find_first_not_of("0123456789.") != std::string::npos && word.find(':') == std::string::npos)
    return fmt::format("a name is looked up in the expression 'host {}'", word);
  return {};
}

unsigned parse_prefix(const std::string& word, std::string_view text, unsigned bits, std::string_view option) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos || text.size() > 3 ||
      text::parse_number(text, option) > bits)
    throw std::invalid_argument(fmt::format("{}: '{}': the prefix length of an {} address is a number from 0 to {}",
                                            option, word, bits == kIpv4Bits ? "IPv4" : "IPv6", bits));
  return static_cast<unsigned>(text::parse_number(text, option));
}

Network parse_network(const std::string& word, Side side, std::string_view option) {
  const size_t slash = word.find('/');
  const std::string address = word.substr(0, slash);
  std::optional<Network> network = address_of(address);
  if (!network)
    throw text::Advised(fmt::format("{}: '{}' is not an IPv4 or IPv6 address", option, address), hint(address, side));
  if (slash == std::string::npos) return *network;
  network->prefix = parse_prefix(word, std::string_view(word).substr(slash + 1), network->bits, option);
  const Network right = without_host_bits(*network);
  if (right.bytes != network->bytes)
    throw std::invalid_argument(
        fmt::format("{}: '{}' has host bits set; the network is {}/{}", option, word, text_of(right), right.prefix));
  return *network;
}

}  // namespace

std::vector<Network> parse_addresses(std::string_view list, Side side, std::string_view option) {
  std::vector<Network> networks;
  for (const std::string& word : text::split_list(list)) {
    const Network network = parse_network(word, side, option);
    networks.push_back(is_mapped(network) ? unmapped(network) : network);
  }
  if (networks.empty()) throw std::invalid_argument(fmt::format("{}: the list is empty", option));
  return networks;
}

}  // namespace skbtrail::filter
