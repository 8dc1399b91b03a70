// `skbtrail as tracepkt`: the echoes of ICMP and ICMPv6 at four tracepoints of devices, after
// github.com/yadutaf/tracepkt.
//
// With a target it runs ping itself. Long options are ours and mean what they mean to trace, all other words are
// ping's. So that no other ping of the host is shown, ours is told its identifier (-e: iputils 20210202), and the
// filter asks for it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "cli/as.h"
#include "cli/options.h"
#include "cli/standard_streams.h"
#include "cli/trace.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(usage: skbtrail as tracepkt [OPTIONS] [PING-WORD ... TARGET]

Prints where the echo requests and replies of ping go: the network namespace,
the device, identifier and sequence number, source and destination. Each device
is met where a packet is queued at it (net_dev_queue) or received from it
(netif_rx, netif_receive_skb_entry, napi_gro_receive_entry). Of an echo that
comes to nothing, also where it was dropped (kfree_skb) and why, and the ARP or
neighbor discovery that had no answer.

With a TARGET it runs ping itself, for one echo unless -c says more, shows that
ping's packets alone, and ends with its exit status. All words but long options
are ping's: -4, -6, -c 3, -I eth0. Without any it shows every ping until ^C.

  --netns NS          in this network namespace: name, inode, path, pid:N, ...
  --ifname NAME       at this device
  --addr A[/LEN]      from or to this address
  --icmp-id N         of this identifier
  --duration T        stop after this time: 10 (seconds), 500ms, 3m
  --output-file FILE  lines to a file instead of standard output
  --summary FILE      the summary as JSON
  --ready-file FILE   is made once everything is attached
  --buffer SIZE       of all rings
  --strict            status 3 if a line was lost
  --verbose           what ping says as well, and what was skipped
  --quiet             lines only: no summary, no warnings
  -h, --help          this text

  skbtrail as tracepkt 172.17.0.2
  skbtrail as tracepkt -6 -c 3 localhost
  skbtrail as tracepkt --netns container:0123
)";

constexpr const char* kTracepoints = "net_dev_queue,netif_receive_skb_entry,netif_rx,napi_gro_receive_entry,kfree_skb";
constexpr const char* kEchoes =
    "icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply or icmp6[icmp6type] == icmp6-echo or "
    "icmp6[icmp6type] == icmp6-echoreply";
// A router solicitation asks for no neighbor's address.
constexpr const char* kQuestions = "arp or icmp6[icmp6type] == 135 or icmp6[icmp6type] == 136";

struct OwnOption {
  std::string_view name;
  bool has_value;
};
constexpr OwnOption kOwnOptions[] = {
    {"--netns", true},       {"--ifname", true},  {"--addr", true},       {"--icmp-id", true},
    {"--duration", true},    {"--summary", true}, {"--ready-file", true}, {"--buffer", true},
    {"--output-file", true}, {"--strict", false}, {"--verbose", false},   {"--quiet", false},
};

struct RawOptions {
  std::vector<std::string> own;  // for trace, with their values
  std::vector<std::string> ping;
  bool help = false;
  bool verbose = false;
  bool names_echo = false;  // --icmp-id was given
};

const OwnOption& own_option(const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> names{"--help"};
  for (const auto& option : kOwnOptions) {
    if (option.name == name) return option;
    names.emplace_back(option.name);
  }
  const std::string near = text::nearest(name, names);
  throw UsageError(fmt::format("tracepkt: unrecognized option '{}'{}", name,
                               near.empty() ? " (ping has only short ones)" : "; did you mean " + near + "?"));
}

RawOptions parse(std::vector<std::string>&& arguments) {
  RawOptions raw;
  for (size_t i = 0; i < arguments.size(); i++) {
    std::string& word = arguments[i];
    if (word == "-h" || word == "--help") {
      raw.help = true;
    } else if (word == "--" || !word.starts_with("--")) {
      raw.ping.push_back(std::move(word));
    } else {
      const OwnOption& option = own_option(word);
      raw.verbose |= option.name == "--verbose";
      raw.names_echo |= option.name == "--icmp-id";
      const bool value_follows = option.has_value && word.find('=') == std::string::npos;
      if (value_follows && i + 1 == arguments.size()) throw UsageError(fmt::format("{}: requires a value", word));
      raw.own.push_back(std::move(word));
      if (value_follows) raw.own.push_back(std::move(arguments[++i]));
    }
  }
  return raw;
}

// What the user tells ping behind -e, if so.
std::string told_identifier(const std::vector<std::string>& ping) {
  for (size_t i = 0; i < ping.size(); i++) {
    if (!ping[i].starts_with("-e")) continue;
    if (ping[i].size() > 2) return ping[i].substr(2);
    return i + 1 < ping.size() ? ping[i + 1] : "";
  }
  return "";
}

bool ping_takes_identifier() {
  struct Close {
    void operator()(FILE* pipe) const { pclose(pipe); }
  };
  const std::unique_ptr<FILE, Close> pipe(popen("ping -h 2>&1", "re"));
  if (!pipe) return false;
  std::string text(8192, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe.get()));
  return text.find("-e <identifier>") != std::string::npos;
}

void check_identifier(const std::string& id) {
  try {
    if (!id.empty()) text::parse_number(id, "-e", 0xffff);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

// Of the ping with this identifier, which is a number to ping as to an expression; empty: of all.
std::string echoes_and_questions(const std::string& id) {
  const std::string whose = id.empty() ? "" : fmt::format(" and (icmp[4:2] == {0} or icmp6[4:2] == {0})", id);
  return fmt::format("(({}){}) or {}", kEchoes, whose, kQuestions);
}

// The words of trace. Where a ping of ours has no identifier that is known, `unknown_echo` is set.
std::vector<std::string> trace_arguments(const RawOptions& raw, bool& unknown_echo) {
  std::vector<std::string> line{"--tracer", kTracepoints};
  line.insert(line.end(), raw.own.begin(), raw.own.end());
  std::vector<std::string> ping;
  if (!raw.ping.empty()) {
    std::string id = told_identifier(raw.ping);
    check_identifier(id);
    ping = {"--", "ping", "-c", "1"};
    if (id.empty() && !raw.names_echo && ping_takes_identifier()) {
      id = std::to_string(std::max(1, getpid() & 0xffff));  // 0 is none to ping
      ping.insert(ping.end(), {"-e", id});
    }
    ping.insert(ping.end(), raw.ping.begin(), raw.ping.end());
    unknown_echo = id.empty() && !raw.names_echo;
    line.push_back(echoes_and_questions(raw.names_echo ? "" : id));
  } else {
    line.emplace_back(kEchoes);
  }
  line.insert(line.end(), ping.begin(), ping.end());
  return line;
}

}  // namespace

int as_tracepkt(std::vector<std::string> arguments, RunState& state) {
  const RawOptions raw = parse(std::move(arguments));
  if (raw.help) {
    print(kHelp);
    return 0;
  }
  bool unknown_echo = false;
  auto options = parse_trace_options(trace_arguments(raw, unknown_echo));
  options.layout = &output::layout_named("tracepkt");
  options.where = "not known(benign)";  // ping's raw socket gets a copy of each reply, and the original is dropped
  options.fields = event::choose_fields("netns_inum,ifname,packet,drop_reason,location", {});
  options.command_output = raw.verbose ? CommandOutput::to_stderr : CommandOutput::discarded;
  if (unknown_echo && !options.quiet)
    tell("skbtrail: this ping takes no identifier (-e), so those of other pings are shown as well\n");
  const int status = run_options(options, state);
  if (!options.command.empty() && status == 1 && !options.quiet) tell("skbtrail: ping got no answer\n");
  return status;
}

}  // namespace skbtrail::cli
