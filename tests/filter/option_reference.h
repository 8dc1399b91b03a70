// What short options say of a packet, told the slow way: header by header, as a person would
// (filter/packet_conditions.h draws what is walked through). The measure for the code that is made of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "filter/packet_options.h"

namespace skbtrail::test {

// `frame` begins with an Ethernet header. A byte that is not in it is "no".
bool options_hold(const filter::PacketConditions& options, std::span<const uint8_t> frame);

struct OptionSet {
  filter::RawPacketOptions words;
  std::string expression;  // beside them
};

// Every option, and combinations of them made at random; none that is refused.
std::vector<OptionSet> option_sets(size_t count);

// As it would be written.
std::string written(const OptionSet& set);

}  // namespace skbtrail::test
