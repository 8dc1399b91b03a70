#include "filter/numbers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::filter {
namespace {

NumberRange parse_range(std::string_view word, std::string_view option) {
  const auto [first, last] = text::parse_range(word, option, UINT16_MAX);
  return {static_cast<uint16_t>(first), static_cast<uint16_t>(last)};
}

// A range of numbers has no letters but those of hexadecimal ones. What begins with a digit and is a name all the same
// ("3com-tsmux") was looked up before.
bool begins_with_digit(std::string_view word) {
  return word.front() >= '0' && word.front() <= '9';
}

std::vector<NumberRange> ports_of_service(const std::string& name) {
  std::vector<NumberRange> ports;
  for (const char* protocol : {"tcp", "udp", "sctp", "dccp"}) {
    const servent* found = getservbyname(name.c_str(), protocol);
    if (!found) continue;
    const uint16_t port = ntohs(static_cast<uint16_t>(found->s_port));
    if (std::none_of(ports.begin(), ports.end(), [&](const NumberRange& it) { return it.first == port; }))
      ports.push_back({port, port});
  }
  return ports;
}

std::string nearest_service(const std::string& word) {
  std::vector<std::string> names;
  setservent(1);
  while (const servent* it = getservent()) names.emplace_back(it->s_name);
  endservent();
  return text::nearest(word, names);
}

std::vector<NumberRange> parse_port(const std::string& word, std::string_view option) {
  if (std::vector<NumberRange> named = ports_of_service(word); !named.empty()) return named;
  if (begins_with_digit(word)) return {parse_range(word, option)};
  const std::string near = nearest_service(word);
  throw std::invalid_argument(fmt::format("{}: '{}' is neither a port nor a service of /etc/services{}", option, word,
                                          near.empty() ? "" : "; did you mean " + near + "?"));
}

std::vector<std::string> parts(std::string_view list, std::string_view option) {
  std::vector<std::string> words = text::split_list(list);
  if (words.empty()) throw std::invalid_argument(fmt::format("{}: the list is empty", option));
  return words;
}

}  // namespace

std::vector<NumberRange> parse_numbers(std::string_view list, std::string_view option) {
  std::vector<NumberRange> numbers;
  for (const std::string& word : parts(list, option)) numbers.push_back(parse_range(word, option));
  return numbers;
}

std::vector<NumberRange> parse_ports(std::string_view list, std::string_view option) {
  std::vector<NumberRange> ports;
  for (const std::string& word : parts(list, option))
    for (const NumberRange& range : parse_port(word, option)) ports.push_back(range);
  return ports;
}

}  // namespace skbtrail::filter
