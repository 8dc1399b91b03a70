#include "cli/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "event/socket_families.h"
#include "filter/expression.h"
#include "filter/header_bytes.h"
#include "filter/packet_words.h"
#include "filter/where.h"
#include "text/habits.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

constexpr uint32_t kSnaplenMin = 64;  // less cuts the headers of a plain TCP packet over IPv6

// What was written, before it is understood.
struct Words {
  filter::PacketWords packet;
  std::string netns, ifname, mark, length, output = "line", fields, time = "clock", color = "auto", count, duration,
                                           rate, family, buffer, snaplen, expression, inner, pid, comm, where, stack,
                                           stack_map, record, rotate, user, backend = "auto";
  std::vector<std::string> alone;  // neither options nor their values
  std::vector<std::string> tracers, excluded;
  bool short_help = false, long_help = false, version = false, follow = false;
};

enum class Purpose : uint8_t { trace, read };

constexpr const char* kPackets = "What to trace: packets (all conditions hold together)";
constexpr const char* kPlaces = "What to trace: places";
constexpr const char* kShown = "What to show";
constexpr const char* kRun = "How to run";

// What was recorded can be asked the same as what is traced; what is about how to trace is left out then.
void declare(CLI::App& app, Words& words, TraceOptions& options, Purpose purpose = Purpose::trace) {
  const bool tracing = purpose == Purpose::trace;
  app.set_help_flag();
  app.allow_extras();
  auto add = [&](const char* group, const char* names, auto& target, const char* value, const char* meaning) {
    app.add_option(names, target, meaning)->type_name(value)->group(group)->capture_default_str();
  };
  auto flag = [&](const char* group, const char* names, bool& target, const char* meaning) {
    app.add_flag(names, target, meaning)->group(group);
  };
  const auto packet_word = [&](const char* names, std::optional<std::string>& target, const char* value,
                               const char* meaning) {
    app.add_option(names, target, meaning)->type_name(value)->group(kPackets);
  };
  packet_word("-p,--proto", words.packet.proto, "P", "of this protocol: tcp, icmp6, arp, ..., or a number");
  packet_word("-H,--addr", words.packet.addr, "A[/LEN]", "from or to this IPv4 or IPv6 address or network");
  packet_word("-s,--saddr", words.packet.saddr, "A[/LEN]", "from it");
  packet_word("-d,--daddr", words.packet.daddr, "A[/LEN]", "to it");
  packet_word("-P,--port", words.packet.port, "N[-M]", "from or to this port or service");
  packet_word("--sport", words.packet.sport, "N[-M]", "from it");
  packet_word("--dport", words.packet.dport, "N[-M]", "to it");
  packet_word("--icmp-id", words.packet.icmp_id, "N[-M]", "ICMP and ICMPv6 echoes of this identifier");
  packet_word("--tcp-flags", words.packet.tcp_flags, "LIST", "with all these TCP flags: syn,!ack");
  add(kPackets, "-N,--netns", words.netns, "NS",
      tracing ? "in netns: name, inode, path, pid:N, self, container:ID"
              : "in netns: name that was recorded, or inode");
  add(kPackets, "-i,--ifname", words.ifname, "LIST",
      tracing ? "at devices of these names and globs, or any" : "at devices of these names and globs");
  if (tracing) add(kPackets, "--family", words.family, "LIST", "also of other sockets: unix, netlink, vsock, ..., all");
  add(kPackets, "--inner", words.inner, "EXPR", "with such a packet inside: of VXLAN, Geneve, GRE, IPIP");
  add(kPackets, "--pid", words.pid, "N",
      tracing ? "of this process: of its sockets, or done by itself" : "done by this process itself");
  add(kPackets, "--comm", words.comm, "GLOB", "the same, of processes of this name");
  add(kPackets, "--where", words.where, "EXPR", "whose fields are so: 'drop_reason == NO_SOCKET'");
  add(kPackets, "--mark", words.mark, "V[/MASK]", "with this skb mark");
  add(kPackets, "--len", words.length, "N[-M]", "with this skb length in bytes");

  app.add_option("-t,--tracer", words.tracers, "tracers, functions, tracepoints, globs; '?' lists")
      ->type_name("LIST")
      ->group(kPlaces)
      ->allow_extra_args(false);
  app.add_option("-x,--exclude", words.excluded, "all but these")
      ->type_name("LIST")
      ->group(kPlaces)
      ->allow_extra_args(false);

  app.add_option("--tracers", options.tracer_files, "tracers of your own, over the built-in tree")
      ->type_name("FILE")
      ->group(kPlaces)
      ->allow_extra_args(false);
  if (tracing) {
    add(kPlaces, "--backend", words.backend, "B", "auto, kprobe-multi, kprobe, fentry, tracepoint");
    flag(kPlaces, "--return", options.returns, "also the return of each function, and what it returned");
  }

  add(kShown, "-o,--output", words.output, "LAYOUT", "line, json, count (only the closing sum), or pcapng");
  add(kShown, "--fields", words.fields, "LIST", "columns or keys: a,b, or +a,-b to the usual; '?' lists");
  add(kShown, "--time", words.time, "F", "clock, date, utc, mono, delta (to the previous event)");
  add(kShown, "--color", words.color, "WHEN", "auto (a terminal without NO_COLOR), always, never");
  add(kShown, "--stack", words.stack, "[=LIST]", "the kernel stack, at these tracepoints or at all");
  flag(kShown, "--caller", options.caller, "the function in which the tracepoint stands");
  flag(kShown, "--meta", options.meta, "the skb's own fields: queue, hash, checksum, gso, ...");
  flag(kShown, "-S,--absolute-tcp-sequence-numbers", options.absolute_tcp,
       "in lines, as tcpdump's; JSON has no others");
  flag(kShown, "-v,--verbose", options.verbose, "more columns, and what was skipped");
  flag(kShown, "-q,--quiet", options.quiet, "events only: no closing sum, no warnings");
  add(kShown, "-c,--count", words.count, "N", "stop after N events");
  if (tracing) add(kShown, "--duration", words.duration, "T", "stop after 10 (seconds), 500ms, 3m; a command, too");
  if (tracing) add(kShown, "--rate", words.rate, "N", "print at most N events a second, count the rest");

  add(kRun, "-w,--write", words.record, "FILE",
      tracing ? "record: pcapng, with all that 'skbtrail read' needs"
              : "a recording of what is chosen; prints nothing");
  add(kRun, "--rotate", words.rotate, "SIZE[,N]", "the next FILE after so many bytes; the last N stay");
  if (!tracing) flag(kRun, "--follow-file", words.follow, "wait for what is still being written");
  add(kRun, "-O,--output-file", options.output_file, "FILE", "events to a file; - is standard output");
  add(kRun, "--summary", options.summary_file, "FILE", "the closing sum as JSON; - is standard error");
  if (tracing) {
    add(kRun, "--ready-file", options.ready_file, "FILE", "is made once everything is attached");
    add(kRun, "--buffer", words.buffer, "SIZE", "of all rings (default: 8M a CPU, at most 256M)");
    add(kRun, "--stack-map", words.stack_map, "N", "different stacks that are kept (default 8192)");
    add(kRun, "--snaplen", words.snaplen, "N", "bytes kept of a packet, 64 to 4096 (default 160)");
    add(kRun, "--user", words.user, "NAME", "run the command as this user: name or number, :GROUP");
  }
  flag(kRun, "--notices", options.notices, "notices and the closing sum as objects, too (-o json)");
  flag(kRun, "--strict", options.strict, "status 3 if an event was lost");
  flag(kRun, "-h", words.short_help, "a short help");
  flag(kRun, "--help", words.long_help, "this text");
  flag(kRun, "-V,--version", words.version, "the version");
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

[[noreturn]] void refuse_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  if (const auto hint = text::hint_for(text::option_habits(), name); !hint.empty())
    throw UsageError(fmt::format("there is no option {}; {}", name, hint));
  const std::string near = text::nearest(name, option_names(app));
  throw UsageError(fmt::format("there is no option {}{}", name, near.empty() ? "" : "; did you mean " + near + "?"));
}

void read_words(CLI::App& app, Words& words, std::vector<std::string> arguments) {
  // An optional value is taken only with '='.
  std::replace(arguments.begin(), arguments.end(), std::string("--stack"), std::string("--stack=*"));
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(arguments);
  } catch (const CLI::ArgumentMismatch& error) {
    std::string message = error.what();
    std::string name = message.substr(0, message.find(':'));
    const auto* option = app.get_option_no_throw(name);
    throw UsageError(name +
                     (option && option->count() > 1 ? ": it is given more than once" : ": the value is missing"));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  // A word of the packet expression may begin with a minus only as the operator.
  for (auto& word : app.remaining()) {
    if (word.size() > 1 && word.starts_with("-")) refuse_option(app, word);
    words.alone.push_back(std::move(word));
  }
}

void take_expression(Words& words, size_t from = 0) {
  words.expression =
      fmt::format("{}", fmt::join(words.alone.begin() + static_cast<ptrdiff_t>(from), words.alone.end(), " "));
}

bool asks(const std::vector<std::string>& list) {
  return list.size() == 1 && list.front() == "?";
}

std::vector<std::string> split_all(const std::vector<std::string>& lists) {
  std::vector<std::string> parts;
  for (const auto& list : lists)
    for (auto& part : text::split_list(list)) parts.push_back(std::move(part));
  return parts;
}

load::Backend understand_backend(const std::string& word) {
  if (word == "auto") return load::Backend::automatic;
  if (word == "tracepoint") return load::Backend::tracepoint;
  if (word == "kprobe") return load::Backend::kprobe;
  if (word == "kprobe-multi" || word == "kprobe.multi") return load::Backend::kprobe_multi;
  if (word == "fentry") return load::Backend::fentry;
  const std::string near = text::nearest(word, {"auto", "tracepoint", "kprobe", "kprobe-multi", "fentry"});
  throw UsageError(fmt::format("--backend: '{}' is none of auto, tracepoint, kprobe, kprobe-multi, fentry{}", word,
                               near.empty() ? "" : "; did you mean " + near + "?"));
}

void understand_places(const Words& words, TraceOptions& options) {
  options.tracers = split_all(words.tracers);
  options.excluded = split_all(words.excluded);
  options.backend = understand_backend(words.backend);
  if (options.returns && options.backend == load::Backend::tracepoint)
    throw UsageError("--return is for functions, and --backend tracepoint takes none");
  if (!words.tracers.empty() && options.tracers.empty()) throw UsageError("--tracer: the list is empty");
  if (!words.excluded.empty() && options.excluded.empty()) throw UsageError("--exclude: the list is empty");
  if (asks(options.tracers)) options.page = Page::tracers;
}

// --stack and --caller are fields, too; a field that is named switches the rest on.
void understand_call_path(const CLI::App& app, const Words& words, TraceOptions& options) {
  options.stack = app.count("--stack") > 0;
  options.stack_at = text::split_list(words.stack);
  if (options.stack && options.stack_at.empty()) throw UsageError("--stack: the list is empty");
  const auto shown = [&](std::string_view name, bool wanted) {
    const event::Field* field = event::find_field(name);
    const bool chosen = std::find(options.fields.begin(), options.fields.end(), field) != options.fields.end();
    if (wanted && !chosen) options.fields.push_back(field);
    return wanted || chosen;
  };
  options.caller = shown("caller", options.caller);
  options.stack = shown("stack", options.stack);
  // Lines say it in the place of the stack.
  if (options.stack && options.prints_objects()) shown("stack_unknown", true);
  if (app.get_option_no_throw("--stack-map") && app.count("--stack-map")) {
    constexpr uint64_t kMost = 1u << 20;
    options.stacks = static_cast<uint32_t>(text::parse_number(words.stack_map, "--stack-map", kMost));
    if (options.stacks == 0) throw UsageError("--stack-map: 0 stacks is nothing to keep");
    if (!options.stack) throw UsageError("--stack-map is for --stack, which is not there");
  }
}

std::string quoted(const std::string& expression) {
  constexpr size_t kLongest = 200;
  return expression.size() > kLongest ? expression.substr(0, kLongest) + "..." : expression;
}

filter::ClassicProgram understand_expression(const std::string& what, const std::string& expression) {
  try {
    return filter::compile(expression);
  } catch (const std::invalid_argument& error) {
    std::string message = error.what(), advice;
    if (message.find("syntax error") != std::string::npos) {
      const std::string habit = text::hint_for_expression(expression);
      const std::string meant = habit.empty() ? filter::meant_word(expression) : "";
      advice = !habit.empty()  ? "; " + habit
               : meant.empty() ? "; pcap-filter(7) has the language, and a command goes behind '--'"
                               : "; did you mean " + meant + "?";
    }
    throw UsageError(fmt::format("{} '{}': {}{}", what, quoted(expression), message, advice));
  }
}

filter::ClassicProgram understand_options(const filter::PacketConditions& options, const std::string& expression) {
  try {
    return filter::compile(options, expression);
  } catch (const std::invalid_argument&) {
    throw UsageError(
        expression.empty()
            ? "the short options: no packet can match them all"
            : fmt::format("packet expression '{}': no packet can match it and the short options, too; these see "
                          "through VLAN tags and extension headers, not through MPLS, PPPoE and tunnels",
                          quoted(expression)));
  }
}

// An expression that Ethernet refuses may be one for the frames of a capture.
void understand_packet_expression(const std::string& expression, filter::PacketFilter& filter, Purpose purpose) {
  filter.expression = expression;
  try {
    filter.packet = understand_expression("packet expression", expression);
  } catch (const UsageError& error) {
    if (purpose == Purpose::trace || !filter::is_known_to_some_link_type(expression)) throw;
    filter.refusal = error.what();
  }
}

void understand_packet_filter(const Words& words, filter::PacketFilter& filter, Purpose purpose) {
  // The expression's own mistakes are told before those of the options.
  if (!words.expression.empty()) understand_packet_expression(words.expression, filter, purpose);
  const auto options = filter::understood(words.packet);
  if (!options) return;
  if (purpose == Purpose::read) filter.options = understand_options(*options, {});
  if (!filter.refusal.empty()) return;
  filter.packet = understand_options(*options, words.expression);
  filter.sees_through_tags = words.expression.empty();
}

// Those whose tracers are asked for: unix_stream_sendmsg, netlink:*, vsock*.
std::vector<std::string> families_of(const std::vector<std::string>& tracers) {
  std::vector<std::string> found;
  for (const auto& word : tracers)
    for (const auto name : event::family_names())
      if (word.starts_with(name) &&
          (word.size() == name.size() || word.find_first_of("_:*", name.size()) == name.size()))
        found.emplace_back(name);
  return found;
}

std::vector<const event::Field*> fields_in(const std::string& where) {
  return where.empty() ? std::vector<const event::Field*>() : filter::Where::parse(where).fields();
}

bool asks_for_family(const std::string& where) {
  const auto fields = fields_in(where);
  return std::find(fields.begin(), fields.end(), event::find_field("family")) != fields.end();
}

bool asks_for_arguments(const std::string& where) {
  return (event::sections_of(fields_in(where)) & REC_SECTION_ARGS) != 0;
}

// Skbs of other sockets than those that send packets are left out, unless something asks for them.
void understand_families(const CLI::App& app, const Words& words, TraceOptions& options) {
  auto names = text::split_list(words.family);
  if (app.count("--family") && names.empty()) throw UsageError("--family: the list is empty");
  for (auto& name : families_of(options.tracers)) names.push_back(std::move(name));
  options.conditions.set_families(names);
  // A filter on packets refuses what is none.
  if (options.verbose || !options.filter.empty() || asks_for_family(options.where)) options.conditions.families.reset();
}

void understand_packets(const CLI::App& app, const Words& words, TraceOptions& options, Purpose purpose) {
  if (app.count("--netns") && purpose == Purpose::trace) options.conditions.set_netns(words.netns);
  if (app.count("--ifname")) options.conditions.set_ifname(words.ifname);
  if (app.count("--mark")) options.conditions.set_mark(words.mark);
  if (app.count("--len")) options.conditions.set_length(words.length);
  if (app.count("--pid")) options.conditions.set_pid(words.pid);
  if (app.count("--comm")) options.conditions.set_comm(words.comm);
  understand_packet_filter(words, options.filter, purpose);
  options.looks_before_tags = !words.expression.empty() && words.expression.find("vlan") == std::string::npos;
  options.filter.headers_alone = filter::asks_for_headers_alone(words.expression);
  if (app.count("--where")) {
    filter::Where::parse(words.where);
    options.where = words.where;
  }
  if (app.count("--inner")) options.filter.inner = understand_expression("--inner", words.inner);
  if (purpose == Purpose::trace) understand_families(app, words, options);
}

Color understand_color(const std::string& word) {
  if (word == "auto") return Color::automatic;
  if (word == "always") return Color::always;
  if (word == "never") return Color::never;
  throw UsageError(fmt::format("--color: '{}' is none of auto, always, never", word));
}

const output::LayoutKind* understand_layout(const std::string& word) {
  const auto* layout = output::find_layout(word);
  if (layout && layout->by_name) return layout;
  const auto hint = text::hint_for(text::value_habits(), word);
  throw UsageError(fmt::format("--output: there is no layout '{}'; {}{}there are {}", word, hint,
                               hint.empty() ? "" : "; ", output::layout_names()));
}

void refuse_empty_names(const CLI::App& app) {
  for (const char* name : {"--output-file", "--summary", "--ready-file"})
    if (const auto* option = app.get_option_no_throw(name);
        option && option->count() && option->as<std::string>().empty())
      throw UsageError(fmt::format("{}: the file's name is empty", name));
}

// Names of a standard stream. Opened anew, a file behind it would be emptied, and written to from two places.
bool is_stream(const std::string& name, const char* word, int fd) {
  return name == word || name == fmt::format("/dev/fd/{}", fd) || name == fmt::format("/proc/self/fd/{}", fd);
}

bool is_standard_output(const std::string& name) {
  return name == "-" || is_stream(name, "/dev/stdout", STDOUT_FILENO);
}

void understand_streams(TraceOptions& options) {
  if (is_standard_output(options.output_file)) options.output_file.clear();
  if (is_stream(options.output_file, "/dev/stderr", STDERR_FILENO)) {
    options.output_file.clear();
    options.to_stderr = true;
  }
  if (is_stream(options.summary_file, "/dev/stderr", STDERR_FILENO)) options.summary_file = "-";
  if (options.ready_file == "-") throw UsageError("--ready-file: - is no file; ./- would be one");
}

void understand_output(const CLI::App& app, const Words& words, TraceOptions& options) {
  refuse_empty_names(app);
  understand_streams(options);
  options.layout = understand_layout(words.output);

  if (auto style = output::time_style(words.time))
    options.time = *style;
  else
    throw UsageError(fmt::format("--time: '{}' {} {}", words.time,
                                 words.time == "trail" ? "is not in this version; there are" : "is none of",
                                 fmt::join(output::time_style_names(), ", ")));

  options.color = understand_color(words.color);
  options.fields = options.prints_objects() ? event::default_keys(options.meta)
                                            : event::default_columns(options.verbose, options.meta);
  if (words.fields == "?")
    options.page = Page::fields;
  else if (app.count("--fields"))
    options.fields = event::choose_fields(words.fields, options.fields);
  const auto named = text::split_list(words.fields);
  options.args = asks_for_arguments(options.where) ||
                 std::any_of(named.begin(), named.end(), [](const auto& n) { return n == "args" || n == "+args"; });
  understand_call_path(app, words, options);
  if (options.notices && !options.prints_objects())
    throw UsageError("--notices puts notices among the objects of -o json, which is not there");
  if (options.quiet && options.verbose) throw UsageError("--quiet and --verbose contradict each other");
}

// -w FILE.
void understand_write(const CLI::App& app, const Words& words, TraceOptions& options) {
  if (words.record.empty()) throw UsageError("--write: the file's name is empty");
  // As tcpdump, it prints nothing then, unless that is asked for.
  const bool prints = app.count("--output") || app.count("--output-file");
  if (is_standard_output(words.record)) {
    if (prints) throw UsageError("-w - takes standard output for the recording, so nothing can be printed");
    options.layout = &output::layout_named("pcapng");
    return;
  }
  options.recordings.push_back({words.record});
  if (!prints) options.layout = &output::layout_named("count");
}

// --rotate SIZE[,N].
void understand_rotate(const Words& words, TraceOptions& options) {
  if (options.recordings.empty()) throw UsageError("--rotate is for -w FILE, which is not there");
  const size_t comma = words.rotate.find(',');
  auto& destination = options.recordings.front();
  destination.rotate_bytes = text::parse_size(words.rotate.substr(0, comma), "--rotate");
  constexpr uint64_t kLeast = 64u << 10;
  if (destination.rotate_bytes < kLeast) throw UsageError("--rotate: less than 64K hold little but a file's head");
  if (comma == std::string::npos) return;
  destination.keep = static_cast<uint32_t>(text::parse_number(words.rotate.substr(comma + 1), "--rotate", UINT16_MAX));
  if (destination.keep == 0) throw UsageError("--rotate: 0 files keep nothing");
}

void understand_recording(const CLI::App& app, const Words& words, TraceOptions& options) {
  if (app.count("--write")) understand_write(app, words, options);
  if (app.count("--rotate")) understand_rotate(words, options);
  if (options.records_instead()) options.recordings.push_back({options.output_file});
}

void understand_run(const CLI::App& app, const Words& words, TraceOptions& options) {
  if (app.count("--count")) {
    options.count = text::parse_number(words.count, "--count");
    if (*options.count == 0) throw UsageError("--count: 0 events is nothing to trace");
  }
}

// What is about tracing alone.
void understand_tracing(const CLI::App& app, const Words& words, TraceOptions& options) {
  if (app.count("--duration")) {
    options.duration = text::parse_duration(words.duration, "--duration");
    if (options.duration->count() == 0) throw UsageError("--duration: 0 is no time to trace");
  }
  if (app.count("--rate")) {
    options.rate = text::parse_number(words.rate, "--rate");
    if (*options.rate == 0) throw UsageError("--rate: must be greater than 0");
    if (!options.prints()) throw UsageError("--rate is for events that are printed, and none are");
  }
  if (app.count("--buffer")) {
    options.buffer_bytes = text::parse_size(words.buffer, "--buffer");
    if (options.buffer_bytes == 0) throw UsageError("--buffer: 0 bytes hold nothing");
    if (options.buffer_bytes > uint64_t{16} << 30) throw UsageError("--buffer: more than 16G is not possible");
  }
  if (app.count("--snaplen")) {
    options.snaplen = static_cast<uint32_t>(text::parse_number(words.snaplen, "--snaplen", SKBTRAIL_SNAPLEN_MAX));
    if (options.snaplen < kSnaplenMin)
      throw UsageError(fmt::format("--snaplen: {} bytes cut the headers; at least {}", options.snaplen, kSnaplenMin));
  }
  if (app.count("--user")) {
    if (options.command.empty()) throw UsageError("--user is for a command, and none is given behind '--'");
    options.user = run::find_user(words.user);
  }
}

// Words of `read` in front of the expression: the first, and what looks like a file and is one.
size_t count_files(const std::vector<std::string>& words) {
  size_t files = 0;
  for (const auto& word : words) {
    const bool named =
        word.ends_with(".pcap") || word.ends_with(".pcapng") || word.ends_with(".zst") || word.ends_with(".gz");
    const bool is_file = word.find_first_of("./") != std::string::npos && access(word.c_str(), F_OK) == 0;
    if (files > 0 && !named && !is_file) break;
    files++;
  }
  return files;
}

void understand_recorded_place(const Words& words, ReadOptions& options) {
  if (const auto& devices = options.trace.conditions.ifname)
    for (const auto& word : devices->words())
      if (word.is_long())
        throw UsageError(
            fmt::format("--ifname: '{}' is longer than a device's name, and a recording has no alternative "
                        "names",
                        word.text));
  options.netns = words.netns;
  if (words.netns == "self" || words.netns.starts_with("pid:") || words.netns.starts_with("/"))
    throw UsageError(
        fmt::format("--netns: '{}' is a namespace of now; a recording knows names (those of the column "
                    "NETNS) and inode numbers",
                    words.netns));
}

template <typename Understand>
void understand(Understand all) {
  try {
    all();
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  } catch (const kernel::UnknownNetns& error) {
    throw UsageError(std::string("--netns: ") + error.what());
  }
}

bool takes_page(const Words& words, TraceOptions& options) {
  if (!words.short_help && !words.long_help && !words.version) return false;
  options.page = words.version ? Page::version : words.long_help ? Page::long_help : Page::short_help;
  return true;
}

}  // namespace

TraceOptions parse_trace_options(std::vector<std::string> arguments) {
  TraceOptions options;
  options.words = arguments;
  Words words;
  CLI::App app;
  declare(app, words, options);

  auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes != arguments.end()) {
    options.command.assign(dashes + 1, arguments.end());
    if (options.command.empty()) throw UsageError("no command behind '--'");
    arguments.erase(dashes, arguments.end());
  }
  read_words(app, words, std::move(arguments));
  if (takes_page(words, options)) return options;
  take_expression(words);
  understand([&] {
    understand_places(words, options);
    understand_packets(app, words, options, Purpose::trace);
    understand_output(app, words, options);
    understand_recording(app, words, options);
    understand_run(app, words, options);
    understand_tracing(app, words, options);
  });
  return options;
}

ReadOptions parse_read_options(std::vector<std::string> arguments) {
  ReadOptions options;
  options.trace.words = arguments;
  options.trace.words.insert(options.trace.words.begin(), "read");
  Words words;
  CLI::App app;
  declare(app, words, options.trace, Purpose::read);
  read_words(app, words, std::move(arguments));
  if (takes_page(words, options.trace)) return options;
  const size_t files = count_files(words.alone);
  options.files.assign(words.alone.begin(), words.alone.begin() + static_cast<ptrdiff_t>(files));
  take_expression(words, files);
  options.follow = words.follow;
  understand([&] {
    understand_places(words, options.trace);
    understand_packets(app, words, options.trace, Purpose::read);
    understand_recorded_place(words, options);
    understand_output(app, words, options.trace);
    understand_recording(app, words, options.trace);
    understand_run(app, words, options.trace);
  });
  if (options.trace.page == Page::none && options.files.empty())
    throw UsageError("read: which file? 'skbtrail read FILE', - for standard input");
  return options;
}

std::string short_help() {
  return R"(usage: skbtrail [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]

Shows the path of packets through the Linux kernel. Needs root.

  skbtrail -- ping -c 1 192.0.2.1     all that the kernel does while ping runs
  skbtrail 'tcp port 80 and not net 10.0.0.0/8'        an expression of tcpdump
  skbtrail --proto tcp --port 80      TCP port 80 in options, short: -p, -P
  skbtrail -p tcp --tcp-flags syn -H 192.0.2.0/24      its first packets
  skbtrail -N blue -i eth0            at a device of one network namespace
  skbtrail --comm 'curl*' -o count    how many events processes of a name cause
  skbtrail -t kfree_skb -v            who drops packets, where and why
  skbtrail --where 'drop_reason == NO_SOCKET and len > 100'
  skbtrail -o json -c 100 | jq .      for machines
  skbtrail --fields time,netns,ifname,func,packet

  skbtrail --help                     all options, and where to read more
  skbtrail -t '?'                     what can be traced on this kernel
  skbtrail --fields '?'               what can be shown, and asked by --where
)";
}

namespace {

std::string option_list(Purpose purpose) {
  TraceOptions options;
  Words words;
  CLI::App app;
  declare(app, words, options, purpose);
  std::string text;
  for (const char* group : {kPackets, kPlaces, kShown, kRun}) {
    text += fmt::format("\n{}:\n", group);
    for (const auto* option : app.get_options()) {
      if (option->get_group() != group) continue;
      std::string names = option->get_name(false, true);
      if (auto comma = names.find(','); comma != std::string::npos) names.insert(comma + 1, " ");
      if (option->get_expected_max() > 0)
        names += (option->get_type_name().starts_with('[') ? "" : " ") + option->get_type_name();
      text += names.size() > 22 ? fmt::format("  {}\n{:26}{}\n", names, "", option->get_description())
                                : fmt::format("  {:24}{}\n", names, option->get_description());
    }
  }
  return text;
}

}  // namespace

std::string long_help() {
  return R"(usage: skbtrail [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]

Shows the path of packets through the Linux kernel: every tracepoint that a
packet crosses, with the packet, the device and the network namespace. With a
command, tracing starts before it and ends when it ends; its exit status is
passed on. Otherwise 0, 1 if the run failed, 2 if the command line is wrong,
3 with --strict and losses.

PCAP-EXPRESSION is in the language of tcpdump, pcap-filter(7), as that of
--inner is. What differs in a kernel, and the short options: docs/filters.md.
--where has its own, docs/where.md. In short: skbtrail(8), FILTERS and WHERE.
)" + option_list(Purpose::trace);
}

std::string read_help() {
  return R"(usage: skbtrail read [OPTIONS] FILE ... [PCAP-EXPRESSION ...]

Prints a recording of 'skbtrail -w FILE' as the live run would have, through
any layout and filter, or makes a smaller one of what is chosen (-w); also
pcapng and pcap of other programs, as packets without a place. Several files are merged by time; - is standard input. Needs
no privileges. What a filter asks for and the recording does not have is
undecidable: such events are not shown, and counted.
)" + option_list(Purpose::read);
}

}  // namespace skbtrail::cli
