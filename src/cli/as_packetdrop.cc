// `skbtrail as packetdrop`: a script for bpftrace that prints dropped packets, whose words are none but -v. So its
// words are those of `drop`, with its choice of reasons and the call path.
#include <algorithm>

#include "cli/tool_intent.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(usage: skbtrail as packetdrop [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ...]

Prints each packet that the kernel drops, and the call path below it, as the
bpftrace script net_package_drop.bt does. It takes the options of
'skbtrail drop', among them:

  --reason LIST         for these reasons: names, globs; '*' for all. By
                        default those that the script lets through
  -N, --netns NS        in this network namespace
  -p, --proto P         of this protocol; also -H, -P, -s, -d, ...
  -c, --count N         stop after N drops
  --duration T          stop after this time
  -O, --output-file F   to a file
  -v, --verbose         also what is told of the run
  -h, --help            this text

  skbtrail as packetdrop
  skbtrail as packetdrop --reason '*' -p tcp -P 80
)";

// The script skips reasons up to 2 and from 42 on. Those are the numbers of Linux 6.8, on which it was written
// (include/net/dropreason-core.h); what later kernels tell apart from these is let through, too.
constexpr const char* kReasons =
    "NO_SOCKET,PKT_TOO_SMALL,TCP_CSUM,SOCKET_FILTER,UDP_CSUM,NETFILTER_DROP,OTHERHOST,IP_CSUM,IP_INHDR,IP_RPFILTER,"
    "UNICAST_IN_L2_MULTICAST,XFRM_POLICY,IP_NOPROTO,SOCKET_RCVBUFF,PROTO_MEM,TCP_AUTH_HDR,TCP_MD5*,TCP_AO*,"
    "SOCKET_BACKLOG,TCP_FLAGS,TCP_ZEROWINDOW,TCP_OLD_DATA,TCP_OVERWINDOW,TCP_OFOMERGE,TCP_RFC7323_*,TCP_OLD_SEQUENCE,"
    "TCP_INVALID_*,TCP_RESET,TCP_CLOSE,TCP_FASTOPEN,TCP_OLD_ACK,TCP_TOO_OLD_ACK,TCP_ACK_UNSENT_DATA";

// Before the words of a command.
template <typename Is>
bool any_of(const std::vector<std::string>& arguments, Is is) {
  return std::any_of(arguments.begin(), std::find(arguments.begin(), arguments.end(), "--"), is);
}

bool chooses_layout(std::string_view word) {
  return word == "--output" || word.starts_with("--output=") || word.starts_with("-o");
}

}  // namespace

ToolIntent parse_packetdrop(std::vector<std::string> arguments) {
  if (any_of(arguments, [](const auto& word) { return word == "-h" || word == "--help"; })) return {.page = kHelp};
  if (!any_of(arguments, [](const auto& word) { return word.starts_with("--reason"); }))
    arguments.insert(arguments.begin(), {"--reason", kReasons});
  if (any_of(arguments, chooses_layout))
    throw UsageError("packetdrop: -o: its lines are the script's; 'skbtrail drop -o LAYOUT' has others");
  arguments.insert(arguments.begin(), "--stack");
  auto options = parse_drop_options(std::move(arguments));
  // Of a recording alone (-w) nothing is printed.
  if (options.display.prints()) options.display.layout = &output::layout_named("packetdrop");
  options.run.reads_counters = false;
  options.filter.where =
      options.filter.where.empty() ? "not known(benign)" : "(" + options.filter.where + ") and not known(benign)";
  options.notices.terse = !options.notices.verbose;
  return {.options = std::move(options)};
}

}  // namespace skbtrail::cli
