// The protocols of `-p LIST`: numbers over IP, and IP, ARP and RARP themselves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::filter {

// Which addresses a packet can have; a set of bits.
enum Families : uint8_t { kNoFamily = 0, kIpv4 = 1, kIpv6 = 2, kBothFamilies = 3 };

struct Protocol {
  enum class Kind : uint8_t { over_ip, ip, arp, rarp };

  std::string name;  // as the user wrote it
  Kind kind;
  Families families;
  uint8_t number;  // over IP

  // ip and ip6: not a protocol beside TCP and ICMP but what carries them.
  [[nodiscard]] bool is_carrier() const { return kind == Kind::ip; }
};

// A list of names and numbers (0 to 255). Throws std::invalid_argument with a sentence that begins with `option`.
std::vector<Protocol> parse_protocols(std::string_view list, std::string_view option);

}  // namespace skbtrail::filter
