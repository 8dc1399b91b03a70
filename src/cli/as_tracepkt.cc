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

#include "cli/tool_intent.h"
#include "cli/tool_words.h"
#include "kernel/btf.h"
#include "probe/functions.h"
#include "text/units.h"

extern "C" const char skbtrail_tracepkt[];  // tool_trees.S

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

)";
constexpr const char* kExamples = R"(
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

constexpr ToolOption kOptions[] = {
    {"--netns", Takes::value, "in this network namespace: name, inode, path, pid:N, ...", "NS", "--netns"},
    {"--ifname", Takes::value, "at this device", "NAME", "--ifname"},
    {"--addr", Takes::value, "from or to this address", "A[/LEN]", "--addr"},
    {"--icmp-id", Takes::value, "of this identifier", "N", "--icmp-id"},
    {"--summary", Takes::value, "the summary as JSON", "FILE", "--summary"},
    {"--more", Takes::nothing,
     "also what is decided, where functions can be traced: route and netfilter's verdicts; and who was asked for a "
     "link-layer address, with the answer"},
    {"--verbose", Takes::nothing, "what ping says as well, and what was skipped", "", "--verbose"},
    {"--quiet", Takes::nothing, "lines only: no summary, no warnings", "", "--quiet"},
};
constexpr Tool kTool{.name = "tracepkt",
                     .help = kHelp,
                     .examples = kExamples,
                     .options = kOptions,
                     .rest = Rest::words,
                     .layout = "tracepkt",
                     .fields = "netns_inum,ifname,packet,drop_reason,location"};

// What the user tells ping after -e, if so.
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

// Of the ping with this identifier, which is a number to ping as to an expression; empty: of all.
std::string echoes_and_questions(const std::string& id) {
  const std::string whose = id.empty() ? "" : fmt::format(" and (icmp[4:2] == {0} or icmp6[4:2] == {0})", id);
  return fmt::format("(({}){}) or {}", kEchoes, whose, kQuestions);
}

void trace_more(TraceOptions& options) {
  options.display.detail = true;
  const auto btf = kernel::Btf::of_kernel();
  const std::string obstacle = probe::Functions(btf, probe::Functions::of_kernel()).obstacle();
  if (!obstacle.empty()) {
    options.notices.notes.push_back("--more: routes and verdicts are not shown: no function can be traced: " +
                                    obstacle);
    return;
  }
  options.probes.tree = std::make_shared<probe::TracerTree>(skbtrail_tracepkt, "data/tracepkt.yaml");
  options.probes.tracers.emplace_back("more");
  options.display.fields = event::choose_fields("+decision", options.display.fields);
}

}  // namespace

ToolIntent parse_tracepkt(std::vector<std::string> arguments) {
  const ToolWords words(kTool, std::move(arguments));
  if (words.has("--help")) return {.page = words.page()};
  std::vector<std::string> line{"--tracer", kTracepoints};
  bool unknown_echo = false;  // of a ping of ours
  if (words.rest().empty()) {
    line.push_back(words.has("--more") ? echoes_and_questions("") : kEchoes);
  } else {
    std::vector<std::string> ping{"--", "ping", "-c", "1"};
    std::string id = told_identifier(words.rest());
    if (!id.empty()) report_as_usage_error([&] { return text::parse_number(id, "-e", 0xffff); });
    if (words.has("--icmp-id")) {
      id.clear();  // it is a condition by itself
    } else if (id.empty() && ping_takes_identifier()) {
      id = std::to_string(std::max(1, getpid() & 0xffff));  // 0 is none to ping
      ping.insert(ping.end(), {"-e", id});
    }
    unknown_echo = id.empty() && !words.has("--icmp-id");
    line.push_back(echoes_and_questions(id));
    line.insert(line.end(), ping.begin(), ping.end());
    line.insert(line.end(), words.rest().begin(), words.rest().end());
  }
  ToolIntent intent{.options = words.parse(line)};
  auto& options = intent.options;
  options.filter.where =
      "not known(benign)";  // ping's raw socket gets a copy of each reply, and the original is dropped
  options.command.output = options.notices.verbose ? CommandOutput::to_stderr : CommandOutput::discarded;
  if (words.has("--more")) trace_more(options);
  if (unknown_echo)
    options.notices.notes.emplace_back("this ping takes no identifier (-e), so those of other pings are shown as well");
  intent.if_one_ends = "ping got no answer";
  return intent;
}

}  // namespace skbtrail::cli
