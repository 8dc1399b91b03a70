// An expression of tcpdump's language taken apart where its meaning allows it, so that its parts can be compiled one by
// one: libpcap needs time with the square of an expression's length.
//
//   "not port 22 and (host 10.0.0.1 or 10.0.0.2)"
//                  │ and
//        ┌─────────┴──────────┐
//     not "port 22"           │ or
//                  ┌──────────┴────────┐
//            "host 10.0.0.1"    "host 10.0.0.2"      what a bare address takes from the part before it is written out
//
// `and` and `or` have the same precedence and join from left to right (pcap-filter(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skbtrail::filter {

struct Operand {
  enum class Join : uint8_t { both, either };

  Join join = Join::both;  // with what is before it; of the first it says nothing
  bool opposite = false;
  std::string primitive;       // where there are no parts
  std::vector<Operand> parts;  // those of parentheses
};

// Nothing where a part's meaning may depend on those before it (`vlan` moves the offsets of what follows), or the
// expression is not understood here; then it has to be compiled whole.
std::optional<std::vector<Operand>> take_apart(const std::string& expression);

}  // namespace skbtrail::filter
