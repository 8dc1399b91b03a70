#include "filter/header_bytes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "text/trimmed.h"

namespace skbtrail::filter {

namespace {

using text::trimmed;

struct Header {
  std::string_view name;
  unsigned bytes;  // that every packet of it has
};

constexpr std::array<Header, 11> kHeaders = {{{"ether", 14},
                                              {"link", 14},
                                              {"ip", 20},
                                              {"ip6", 40},
                                              {"arp", 28},
                                              {"rarp", 28},
                                              {"tcp", 20},
                                              {"udp", 8},
                                              {"icmp", 8},
                                              {"icmp6", 8},
                                              {"sctp", 12}}};

// Names that libpcap has for offsets, all of bytes in these headers.
constexpr std::array<std::string_view, 5> kOffsets = {"tcpflags", "icmptype", "icmpcode", "icmp6type", "icmp6code"};

// The last word of the text, as in "tcp and ip ".
std::string_view last_word(std::string_view text) {
  text = trimmed(text);
  size_t begin = text.size();
  while (begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0) begin--;
  return text.substr(begin);
}

bool take_number(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// What is in the brackets: an offset and, after a colon, how many bytes.
bool ends_within(std::string_view access, unsigned bytes) {
  const size_t colon = access.find(':');
  unsigned offset = 0, size = 1;
  if (colon != std::string_view::npos && !take_number(trimmed(access.substr(colon + 1)), size)) return false;
  const std::string_view start = trimmed(access.substr(0, colon));
  if (std::find(kOffsets.begin(), kOffsets.end(), start) != kOffsets.end()) return true;
  return take_number(start, offset) && size <= bytes && offset <= bytes - size;
}

}  // namespace

bool asks_for_headers_alone(std::string_view expression) {
  for (size_t open = expression.find('['); open != std::string_view::npos; open = expression.find('[', open + 1)) {
    const std::string_view name = last_word(expression.substr(0, open));
    const auto header =
        std::find_if(kHeaders.begin(), kHeaders.end(), [&](const Header& known) { return known.name == name; });
    const std::string_view rest = expression.substr(open + 1);
    if (header == kHeaders.end() || !ends_within(rest.substr(0, rest.find(']')), header->bytes)) return false;
  }
  return true;
}

}  // namespace skbtrail::filter
