// The texts of --help and -h, around the list of options, which is made from the options themselves.
#include "cli/options.h"
#include "cli/raw_options.h"

namespace skbtrail::cli {

namespace {

// Of main.cc, as the helps have them.
constexpr std::string_view kSubcommands = R"(Subcommands ('skbtrail SUBCOMMAND --help'):
  trace                               the default, and may be left out
  read FILE                           a recording, or a capture; needs no root
  drop                                dropped packets: why, and what to look at
  list [PATTERN]                      tracepoints and functions of this kernel
  doctor                              what works here, and what to do if not
  as TOOL                             behave as another tool, such as perf
)";

}  // namespace

std::string short_help() {
  return R"(usage: skbtrail [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]
       skbtrail SUBCOMMAND ...

Prints a line each time a packet passes a tracepoint or function of the Linux
kernel, until Ctrl-C. Needs root.

Examples:
  skbtrail -- ping -c 1 192.0.2.1     trace while a command runs
  skbtrail --trail host 192.0.2.1     each packet's way, and how it ended
  skbtrail 'tcp port 80 and not net 10.0.0.0/8'       an expression as tcpdump's
  skbtrail --proto tcp --port 80      TCP port 80 by options, in short: -p, -P
  skbtrail -p tcp --tcp-flags syn -H 192.0.2.0/24     connections being opened
  skbtrail -N blue -i eth0            one network namespace, one device
  skbtrail --comm 'curl*' -o count    only count the events of these processes
  skbtrail drop -N blue               dropped packets: where, why, what to do
  skbtrail --where 'drop_reason == NO_SOCKET and len > 100'
  skbtrail -o json -c 100 | jq .      100 events as JSON
  skbtrail --fields time,netns,ifname,func,packet     choose the columns
  skbtrail -w FILE                    record, for 'skbtrail read FILE'

)" + std::string(kSubcommands) +
         R"(
More:
  skbtrail --help                     all options, and where to read more
  skbtrail -t '?'                     tracers: what can be traced here
  skbtrail --fields '?'               fields: columns, JSON keys, --where
)";
}

std::string long_help() {
  return R"(usage: skbtrail [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]

Shows the path of packets through the Linux kernel: every tracepoint that a
packet crosses, with the packet, the device and the network namespace. With a
command, tracing starts before it and ends when it ends; its exit status is
passed on. Otherwise 0, 1 if the run failed, 2 if the command line is wrong,
3 with --strict and losses.

)" + std::string(kSubcommands) +
         R"(

PCAP-EXPRESSION is in the language of tcpdump, pcap-filter(7), as that of
--inner is. What differs in a kernel, and the short options: docs/filters.md.
--where has its own, docs/where.md. In short: skbtrail(8), FILTERS and WHERE.
)" + option_list(Purpose::trace);
}

std::string drop_help() {
  return R"(usage: skbtrail drop [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]

Prints every packet that the kernel drops, once: when, in which namespace, at
which device, in whose context, why, which function dropped it, and what it
was; below, what that means and the command to look with. What is freed as
dropped though nothing is wrong says so, and does not count as a drop. Needs
root. 'skbtrail list --reasons' says what each reason means.

Examples:
  skbtrail drop                       all drops, until Ctrl-C
  skbtrail drop -- curl -m 2 http://192.0.2.1/        while a command runs
  skbtrail drop -N blue -p tcp -P 443 in one namespace, of one port
  skbtrail drop --reason 'IP_*,NEIGH_*' --explain     for these reasons
  skbtrail drop --not-reason NO_SOCKET --stack        with the call path
  skbtrail drop --table               how many of each kind; sends none of them
  skbtrail drop -w FILE               record; 'skbtrail read -o drop FILE'
)" + option_list(Purpose::drop);
}

std::string read_help() {
  return R"(usage: skbtrail read [OPTIONS] FILE ... [PCAP-EXPRESSION ...]

Prints a recording of 'skbtrail -w FILE' as the live run would have, through
any layout and filter, or makes a smaller one of what is chosen (-w); also
pcapng and pcap of other programs, whose packets have no event of the kernel.
Several files are merged by time; - is standard input. Needs no privileges.
Where a filter asks for what the recording does not have, the event is
indeterminate: it is not shown, and counted.
)" + option_list(Purpose::read);
}

}  // namespace skbtrail::cli
