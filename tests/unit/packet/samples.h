// One packet of each kind with the line it must yield. Every test that holds for all packets runs over these,
// and tcpdump_test.cc compares each line with the real tcpdump's. All begin with an Ethernet header and are
// complete.
#pragma once

#include <string>
#include <vector>

#include "packet_builder.h"

namespace skbtrail::test {

struct Sample {
  std::string name;  // a word for test output
  ByteVector bytes;
  std::string line;                 // without the vlan prefix of the tags in the bytes
  std::string vlans = "";           // that prefix
  std::string not_as_tcpdump = "";  // why the line differs from tcpdump's; empty: it must not
  std::string beyond_tcpdump = "";  // what we print after `line`, and tcpdump only with -v or not at all
};

const std::vector<Sample>& samples();

// For gtest's output in place of a dump of the bytes.
inline void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.name;
}

}  // namespace skbtrail::test
