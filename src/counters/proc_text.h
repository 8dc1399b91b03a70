// The kernel's counters in files of /proc/net, as texts. Whatever a text holds, what is understood of it is returned,
// and the rest is skipped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::counters {

struct Named {
  std::string group, name;
  uint64_t number;
};

// /proc/net/snmp and /proc/net/netstat: lines in pairs, of names and of numbers.
//
//   Udp: InDatagrams NoPorts ...
//   Udp: 17 0 ...
std::vector<Named> read_pairs(std::string_view text);

// /proc/net/snmp6 and /proc/net/sctp/snmp: a name and a number in each line. The group is what of the name is capitals
// and digits: "Udp6InErrors" is InErrors of Udp6, "SctpAborteds" Aborteds of Sctp.
std::vector<Named> read_lines(std::string_view text);

// /proc/net/stat/nf_conntrack: a line of names, then one of hexadecimal numbers for each CPU; their sums. `entries` is
// no count and is skipped.
std::vector<Named> read_conntrack(std::string_view text);

// /proc/net/softnet_stat: hexadecimal numbers, a line for each CPU that is online.
//
//   processed dropped time_squeeze 0 0 0 0 0 0 received_rps flow_limit [backlog cpu ...]      the last since Linux 5.10
struct OfCpu {
  uint32_t cpu;
  uint64_t dropped, time_squeeze, flow_limit;
};
std::vector<OfCpu> read_softnet(std::string_view text);

}  // namespace skbtrail::counters
