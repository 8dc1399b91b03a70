#include "cli/raw_options.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/command_line.h"
#include "text/habits.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kPackets = "What to trace: packets (all conditions hold together)";
constexpr const char* kProbes = "What to trace: tracepoints and functions";
constexpr const char* kShown = "What to show";
constexpr const char* kRun = "How to run";

// Options that trace has, and read or drop has not.
void refuse_of_trace(const CLI::App& app, const std::string& name) {
  const bool reads = app.get_option_no_throw("--follow-file"), drops = app.get_option_no_throw("--reason");
  if (!reads && !drops) return;
  TraceOptions options;
  RawOptions raw;
  CLI::App trace;
  declare(trace, raw, options, Purpose::trace);
  if (trace.get_option_no_throw(name))
    throw UsageError(fmt::format("{}: not allowed with {}; 'skbtrail {}' takes it", name,
                                 reads ? "read, which traces nothing" : "drop", name));
}

[[noreturn]] void refuse_unknown(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  refuse_of_trace(app, name);
  if (const auto hint = text::hint_for(text::option_habits(), name); !hint.empty())
    throw UsageError(fmt::format("unrecognized option '{}'; {}", name, hint));
  refuse_option(app, word);
}

}  // namespace

void declare(CLI::App& app, RawOptions& raw, TraceOptions& options, Purpose purpose) {
  const bool tracing = purpose != Purpose::read;
  const bool drops = purpose == Purpose::drop;
  app.set_help_flag();
  app.allow_extras();
  auto add = [&](const char* group, const char* names, auto& target, const char* value, const char* meaning) {
    app.add_option(names, target, meaning)->type_name(value)->group(group)->capture_default_str();
  };
  auto flag = [&](const char* group, const char* names, bool& target, const char* meaning) {
    app.add_flag(names, target, meaning)->group(group);
  };
  const auto list = [&](const char* group, const char* names, std::vector<std::string>& target, const char* meaning,
                        const char* value = "LIST") {
    app.add_option(names, target, meaning)->type_name(value)->group(group)->allow_extra_args(false);
  };
  const auto packet_word = [&](const char* names, std::optional<std::string>& target, const char* value,
                               const char* meaning) {
    app.add_option(names, target, meaning)->type_name(value)->group(kPackets);
  };
  packet_word("-p,--proto", raw.packet.proto, "P", "of this protocol: tcp, icmp6, arp, ..., or a number");
  packet_word("-H,--addr", raw.packet.addr, "A[/LEN]", "from or to this IPv4 or IPv6 address or network");
  packet_word("-s,--saddr", raw.packet.saddr, "A[/LEN]", "from this address or network");
  packet_word("-d,--daddr", raw.packet.daddr, "A[/LEN]", "to this address or network");
  packet_word("-P,--port", raw.packet.port, "N[-M]", "from or to this port or service");
  packet_word("--sport", raw.packet.sport, "N[-M]", "from this port or service");
  packet_word("--dport", raw.packet.dport, "N[-M]", "to this port or service");
  packet_word("--icmp-id", raw.packet.icmp_id, "N[-M]", "ICMP and ICMPv6 echoes of this identifier");
  packet_word("--tcp-flags", raw.packet.tcp_flags, "LIST", "with all these TCP flags: syn,!ack");
  add(kPackets, "-N,--netns", raw.netns, "NS",
      tracing ? "in netns: name, inode, path, pid:N, self, container:ID"
              : "in netns: name that was recorded, or inode");
  add(kPackets, "-i,--ifname", raw.ifname, "LIST",
      tracing ? "at devices of these names and globs, or any" : "at devices of these names and globs");
  if (tracing) add(kPackets, "--family", raw.family, "LIST", "also sockets of unix, netlink, ..., all; inet6: alone");
  add(kPackets, "--inner", raw.inner, "EXPR", "with such a packet inside: of VXLAN, Geneve, GRE, IPIP");
  add(kPackets, "--pid", raw.pid, "N",
      tracing ? "of this process: of its sockets, or done by itself" : "done by this process itself");
  add(kPackets, "--comm", raw.comm, "GLOB", "as --pid, of all processes with this name");
  add(kPackets, "--where", raw.where, "EXPR", "events with such fields: 'drop_reason == NO_SOCKET'");
  if (tracing && !drops) flag(kPackets, "--follow", raw.follow, "what matched, also net_dev_xmit; or the run fails");
  if (tracing && !drops) flag(kPackets, "--conversation", raw.conversation, "--follow, and replies and ICMP errors");
  if (!drops) flag(kPackets, "--no-follow", raw.no_follow, "only events that meet the filter by themselves");
  if (tracing && !drops) flag(kPackets, "--exact", raw.exact, "--follow, refused where an address may be another's");
  if (drops) {
    list(kPackets, "--reason", raw.reasons, "dropped for these reasons: names, globs, openvswitch:*");
    list(kPackets, "--not-reason", raw.not_reasons, "and not for these");
  }
  add(kPackets, "--mark", raw.mark, "V[/MASK]", "with this skb mark");
  add(kPackets, "--len", raw.length, "N[-M]", "with this skb length in bytes");

  if (!drops) {
    list(kProbes, "-t,--tracer", raw.tracers, "tracers, functions, tracepoints, globs; '?' lists");
    list(kProbes, "-x,--exclude", raw.excluded, "leave these out");
    list(kProbes, "--tracers", options.probes.tracer_files, "tracers of your own, over the built-in tree", "FILE");
  }
  if (tracing && !drops) {
    add(kProbes, "--backend", raw.backend, "B", "auto, kprobe-multi, kprobe, fentry, tracepoint");
    flag(kProbes, "--return", options.probes.returns, "also the return of each function, and what it returned");
  }

  add(kShown, "-o,--output", raw.output, "LAYOUT",
      drops ? "drop, line, json, count, pcapng" : "line, trail, route, drop, json, count, pcapng");
  if (drops) {
    flag(kShown, "--table", raw.table, "counted in the kernel: a table, or objects (-o json)");
    add(kShown, "--interval", raw.interval, "T", "of --table: it is shown so often (1s)");
    add(kShown, "--rows", raw.rows, "N", "of --table: kinds of drops counted apart (4096)");
  }
  if (!drops) {
    flag(kShown, "--trail", raw.trail, "each packet by itself: -o trail, or with -o json");
    flag(kShown, "--merge", raw.merge, "of -o route: one drawing a flow, at the end");
    flag(kShown, "--only-dropped", options.trails.choice.only_dropped, "of trails: those that ended in a drop");
    flag(kShown, "--only-incomplete", options.trails.choice.only_incomplete, "of trails: those whose end is not known");
    add(kShown, "--min-latency", raw.min_latency, "TIME", "of trails: those that took at least so long");
    flag(kShown, "--latency", raw.latency, "of hops: in -o trail, and a table of all at the end");
    flag(kShown, "--diagnose", raw.diagnose, "each packet with what went wrong, and what to look at");
    list(kShown, "--rules", options.trails.rule_files, "of --diagnose: rules of your own, over the built-in", "FILE");
    add(kShown, "--between", raw.between, "A,B", "time from tracer A to B of a packet: a histogram");
  }
  flag(kShown, "--explain", options.display.explains, "of drops: causes, and all commands to look with");
  add(kShown, "--fields", raw.fields, "LIST", "columns or keys: a,b, or +a,-b to the usual; '?' lists");
  add(kShown, "--time", raw.time, "F", "clock, date, utc, mono, delta, trail (since its first)");
  add(kShown, "--color", raw.color, "WHEN", "auto (a terminal without NO_COLOR), always, never");
  add(kShown, "--stack", raw.stack, "[=LIST]", "the kernel stack, at these tracepoints or at all");
  flag(kShown, "--caller", options.sections.caller, "the function that hit the tracepoint");
  flag(kShown, "--meta", options.sections.meta, "the skb's own fields: queue, hash, checksum, gso, ...");
  flag(kShown, "-S,--absolute-tcp-sequence-numbers", options.display.absolute_tcp,
       "in lines, as tcpdump's; JSON has no others");
  flag(kShown, "-v,--verbose", options.notices.verbose, "more columns, and what was skipped");
  flag(kShown, "-q,--quiet", options.notices.quiet, "events only: no summary, no warnings");
  add(kShown, "-c,--count", raw.count, "N", "stop after N events, or trails");
  if (tracing) add(kShown, "--duration", raw.duration, "T", "stop after 10 (seconds), 500ms, 3m; a command, too");
  if (tracing) add(kShown, "--rate", raw.rate, "N", "print at most N events a second, count the rest");

  add(kRun, "-w,--write", raw.record, "FILE",
      tracing ? "record to FILE, pcapng, for 'skbtrail read'" : "a recording of what is chosen; prints nothing");
  add(kRun, "--rotate", raw.rotate, "SIZE[,N]", "start the next FILE at this size; keep the last N");
  if (!tracing) flag(kRun, "--follow-file", raw.follow_file, "wait for what is still being written");
  add(kRun, "-O,--output-file", options.output.file, "FILE", "events to a file; - is standard output");
  add(kRun, "--summary", options.run.summary_file, "FILE", "the summary as JSON; - is standard error");
  if (tracing) {
    add(kRun, "--ready-file", options.run.ready_file, "FILE", "create FILE once everything is attached");
    add(kRun, "--buffer", raw.buffer, "SIZE", "memory of all rings (8M a CPU, at most 256M)");
    add(kRun, "--stack-map", raw.stack_map, "N", "keep so many different stacks (default 8192)");
    if (!drops) add(kRun, "--track", raw.track, "N", "packets followed at once, at most (default 65536)");
    if (!drops) add(kRun, "--track-age", raw.track_age, "T", "while something is seen of them within T (30s)");
    add(kRun, "--snaplen", raw.snaplen, "N", "bytes kept of a packet, 64 to 4096 (default 160)");
    add(kRun, "--user", raw.user, "NAME", "run the command as this user: name or number, :GROUP");
  }
  flag(kRun, "--notices", options.notices.in_band, "notices and the summary as objects, too (-o json)");
  flag(kRun, "--strict", options.run.strict, "status 3 if an event was lost");
  flag(kRun, "-h", raw.short_help, "a short help");
  flag(kRun, "--help", raw.long_help, "this text");
  flag(kRun, "-V,--version", raw.version, "the version");
}

void read_raw_options(CLI::App& app, RawOptions& raw, std::vector<std::string> arguments) {
  for (const auto& word : arguments)
    if (const auto hint = text::hint_for(text::taken_habits(), word); !hint.empty())
      throw UsageError(fmt::format("unrecognized option '{}'; {}", word, hint));
  // An optional value is taken only with '='.
  std::replace(arguments.begin(), arguments.end(), std::string("--stack"), std::string("--stack=*"));
  parse_command_line(app, std::move(arguments));
  // A word of the packet expression may begin with a minus only as the operator.
  for (auto& word : app.remaining()) {
    if (word.size() > 1 && word.starts_with("-")) refuse_unknown(app, word);
    raw.alone.push_back(std::move(word));
  }
}

bool has_option(const CLI::App& app, const char* name) {
  return app.get_option_no_throw(name) != nullptr;
}

bool is_given(const CLI::App& app, const char* name) {
  return has_option(app, name) && app.count(name) > 0;
}

void refuse_empty_names(const CLI::App& app) {
  for (const char* name : {"--output-file", "--summary", "--ready-file"})
    if (const auto* option = app.get_option_no_throw(name);
        option && option->count() && option->as<std::string>().empty())
      throw UsageError(fmt::format("{}: the file's name is empty", name));
  for (const char* name : {"--tracers", "--rules"})
    if (const auto* option = app.get_option_no_throw(name))
      if (const auto& files = option->results(); std::find(files.begin(), files.end(), "") != files.end())
        throw UsageError(fmt::format("{}: the file's name is empty", name));
}

std::string option_list(Purpose purpose) {
  TraceOptions options;
  RawOptions raw;
  CLI::App app;
  declare(app, raw, options, purpose);
  std::string text;
  for (const char* group : {kPackets, kProbes, kShown, kRun}) {
    if (purpose == Purpose::drop && group == kProbes) continue;
    text += fmt::format("\n{}:\n", group);
    for (const auto* option : app.get_options()) {
      if (option->get_group() != group) continue;
      const std::string value = option->get_expected_max() > 0 ? option->get_type_name() : "";
      text += help_line(option->get_name(false, true), value, option->get_description());
    }
  }
  return text;
}

}  // namespace skbtrail::cli
