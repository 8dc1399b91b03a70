#include "filter/tcp_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "text/nearest.h"

namespace skbtrail::filter {
namespace {

struct Flag {
  std::string_view name;
  uint16_t bit;
};

// RFC 9293 3.1; ae (accurate ECN) was ns (RFC 3540).
constexpr std::array kFlags{
    Flag{"fin", 0x001},  Flag{"syn", 0x002}, Flag{"rst", 0x004}, Flag{"psh", 0x008},
    Flag{"push", 0x008}, Flag{"ack", 0x010}, Flag{"urg", 0x020}, Flag{"ece", 0x040},
    Flag{"cwr", 0x080},  Flag{"ae", 0x100},  Flag{"ns", 0x100},
};

uint16_t bit_of(std::string_view name, std::string_view option) {
  const auto* found = std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& it) { return it.name == name; });
  if (found != kFlags.end()) return found->bit;
  std::vector<std::string> names;
  for (const Flag& flag : kFlags) names.emplace_back(flag.name);
  const std::string near = text::nearest(name, names);
  throw std::invalid_argument(
      fmt::format("{}: unknown flag '{}'; {}", option, name,
                  near.empty() ? "allowed: fin, syn, rst, psh, ack, urg, ece, cwr, ae" : "did you mean " + near + "?"));
}

}  // namespace

TcpFlags parse_tcp_flags(std::string_view list, std::string_view option) {
  uint16_t set = 0, clear = 0;
  for (const std::string& word : text::split_list(list)) {
    const bool negated = word.starts_with('!');
    uint16_t& wanted = negated ? clear : set;
    wanted = static_cast<uint16_t>(wanted | bit_of(std::string_view(word).substr(negated ? 1 : 0), option));
  }
  if ((set | clear) == 0) throw std::invalid_argument(fmt::format("{}: the list is empty", option));
  if ((set & clear) != 0)
    throw std::invalid_argument(fmt::format("{}: '{}' asks for a flag both set and not set", option, list));
  return {static_cast<uint16_t>(set | clear), set};
}

}  // namespace skbtrail::filter
