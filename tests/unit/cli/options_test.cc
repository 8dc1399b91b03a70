// Command lines: what they come to, and what a wrong one is told.
#include "cli/options.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>

#include "sentence.h"

namespace skbtrail::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using Line = std::vector<std::string>;

TraceOptions parse(Line line) {
  return parse_trace_options(std::move(line));
}

std::vector<std::string> names(const TraceOptions& options) {
  std::vector<std::string> all;
  for (const auto* field : options.display.fields) all.emplace_back(field->name);
  return all;
}

TEST(Options, NothingGivenIsEverythingWithDefaults) {
  auto options = parse({});
  EXPECT_EQ(options.page, Page::none);
  EXPECT_THAT(options.probes.tracers, IsEmpty());
  EXPECT_THAT(options.probes.excluded, IsEmpty());
  EXPECT_THAT(options.command.words, IsEmpty());
  EXPECT_EQ(options.display.layout->name, "line");
  EXPECT_EQ(options.display.time, output::TimeStyle::clock);
  EXPECT_EQ(options.display.color, Color::automatic);
  EXPECT_EQ(options.display.fields, event::default_columns(false, false));
  EXPECT_FALSE(options.sections.meta || options.notices.verbose || options.notices.quiet || options.run.strict);
  EXPECT_FALSE(options.run.count || options.run.duration);
  EXPECT_EQ(options.run.buffer_bytes, 0u);
  EXPECT_EQ(options.sections.snaplen, 160u);
  EXPECT_EQ(options.output.file + options.run.summary_file + options.run.ready_file, "");
  EXPECT_FALSE(options.command.user);
  EXPECT_FALSE(options.filter.conditions.netns || options.filter.conditions.ifname || options.filter.conditions.mark ||
               options.filter.conditions.length);
}

TEST(Options, ConditionsAreRead) {
  for (const auto& line : {Line{"-N", "7", "-i", "veth0", "--mark", "1/0xf", "--len", "60-90"},
                           Line{"--netns=7", "--ifname=veth0", "--mark=1/0xf", "--len=60-90"},
                           Line{"-N7", "-iveth0", "--mark", "0x1/15", "--len", "60-90"}}) {
    auto conditions = parse(line).filter.conditions;
    EXPECT_EQ(conditions.netns, 7u);
    ASSERT_TRUE(conditions.ifname);
    EXPECT_EQ(conditions.ifname->words().front().text, "veth0");
    ASSERT_TRUE(conditions.mark && conditions.length);
    EXPECT_EQ(conditions.mark->value, 1u);
    EXPECT_EQ(conditions.mark->mask, 15u);
    EXPECT_EQ(conditions.length->min, 60u);
    EXPECT_EQ(conditions.length->max, 90u);
  }
}

TEST(Options, SkbsOfSocketsThatSendNoPacketsAreLeftOutUnlessAskedFor) {
  const auto is_asked_for = [](Line line, int family) {
    const auto families = parse(std::move(line)).filter.conditions.families;
    return !families || (*families >> family & 1);
  };
  constexpr int kUnix = 1, kInet = 2, kInet6 = 10, kNetlink = 16, kPacket = 17;
  for (const int family : {kInet, kInet6, kPacket}) EXPECT_TRUE(is_asked_for({}, family));
  EXPECT_FALSE(is_asked_for({}, kUnix));
  EXPECT_FALSE(is_asked_for({"-t", "kfree_skb", "-N", "7"}, kUnix));
  for (const auto& line :
       {Line{"-v"}, Line{"--family", "all"}, Line{"--family", "netlink,unix"}, Line{"--family=1"},
        Line{"-t", "unix_stream_sendmsg"}, Line{"-t", "ip_rcv,unix*"}, Line{"--where", "family == unix"}})
    EXPECT_TRUE(is_asked_for(line, kUnix));
  EXPECT_FALSE(is_asked_for({"--family", "unix"}, kNetlink));
  EXPECT_FALSE(is_asked_for({"-t", "unixish"}, kUnix));
}

TEST(Options, AFamilyOfPacketsThatIsNamedIsAskedForAlone) {
  const auto asked = [](Line line) { return parse(std::move(line)).filter.conditions; };
  constexpr uint64_t kUnix = 1u << 1, kInet = 1u << 2, kInet6 = 1u << 10;
  EXPECT_EQ(asked({"--family", "inet"}).families, kInet);
  EXPECT_EQ(asked({"--family", "inet,unix"}).families, kInet | kUnix);
  for (const auto& more : {Line{"-v"}, Line{"-p", "udp"}, Line{"port", "53"}, Line{"--where", "family == inet"},
                           Line{"-t", "inet_csk_accept,packet_rcv"}}) {
    Line line{"--family", "inet6"};
    line.insert(line.end(), more.begin(), more.end());
    EXPECT_EQ(*asked(line).families & (kInet6 | 1), kInet6);
    EXPECT_TRUE(asked(line).asks_for_family() && asked(line).any());
  }
  EXPECT_FALSE(asked({"--family", "unix"}).asks_for_family());
  EXPECT_FALSE(asked({"-t", "packet_rcv,inet*"}).asks_for_family());
  EXPECT_FALSE(asked({"--family", "inet,all"}).families);
}

TEST(Options, TracersAreListsThatAddUp) {
  auto options = parse({"-t", "kfree_skb,net_*", "--tracer=tcp_probe", "-x", "net_dev_xmit", "--exclude", "a, b"});
  EXPECT_THAT(options.probes.tracers, ElementsAre("kfree_skb", "net_*", "tcp_probe"));
  EXPECT_THAT(options.probes.excluded, ElementsAre("net_dev_xmit", "a", "b"));
}

TEST(Options, JsonShowsEveryKey) {
  auto options = parse({"-o", "json"});
  EXPECT_EQ(options.display.layout->name, "json");
  EXPECT_EQ(options.display.fields, event::default_keys(false));
  EXPECT_EQ(parse({"--output=json", "--meta"}).display.fields, event::default_keys(true));
}

TEST(Options, VerboseAndMetaShowMoreColumns) {
  EXPECT_EQ(parse({"-v"}).display.fields, event::default_columns(true, false));
  EXPECT_EQ(parse({"--meta"}).display.fields, event::default_columns(false, true));
  EXPECT_EQ(parse({"-o", "line", "--verbose", "--meta"}).display.fields, event::default_columns(true, true));
}

TEST(Options, FieldsReplaceOrChangeTheLayoutsDefaults) {
  EXPECT_THAT(names(parse({"--fields", "cpu,func"})), ElementsAre("cpu", "func"));
  EXPECT_THAT(names(parse({"--fields", "+cpu,-time"})),
              ElementsAre("netns", "ifname", "func", "packet", "undecided", "drop_reason", "location", "benign",
                          "sends", "decision", "route", "neigh", "result", "returned", "args", "late", "cpu"));
  EXPECT_THAT(names(parse({"--fields=-time"})), testing::Not(testing::Contains("time")));
}

// "-time" must not be taken for an option.
TEST(Options, FieldsMayBeginWithAMinusBehindABlank) {
  EXPECT_THAT(names(parse({"--fields", "-time"})), testing::Not(testing::Contains("time")));
}

TEST(Options, ColorIsAutomaticAlwaysOrNever) {
  EXPECT_EQ(parse({"--color", "auto"}).display.color, Color::automatic);
  EXPECT_EQ(parse({"--color=always"}).display.color, Color::always);
  EXPECT_EQ(parse({"--color=never"}).display.color, Color::never);
}

TEST(Options, HowToRunIsRead) {
  auto options = parse({"-c", "100", "--duration", "1.5s", "--buffer", "8M", "--snaplen", "4096", "--time", "utc", "-O",
                        "out", "--summary", "sum", "--ready-file", "ready", "--strict", "-q"});
  EXPECT_EQ(options.run.count, 100u);
  EXPECT_EQ(options.run.duration, 1500ms);
  EXPECT_EQ(options.run.buffer_bytes, 8u << 20);
  EXPECT_EQ(options.sections.snaplen, 4096u);
  EXPECT_EQ(options.display.time, output::TimeStyle::utc);
  EXPECT_EQ(options.output.file, "out");
  EXPECT_EQ(options.run.summary_file, "sum");
  EXPECT_EQ(options.run.ready_file, "ready");
  EXPECT_TRUE(options.run.strict);
  EXPECT_TRUE(options.notices.quiet);
}

TEST(Options, ACommandGoesBehindTwoDashes) {
  auto options = parse({"-v", "--", "ping", "-c", "1", "--", "192.0.2.1"});
  EXPECT_TRUE(options.notices.verbose);
  EXPECT_FALSE(options.run.count);
  EXPECT_THAT(options.command.words, ElementsAre("ping", "-c", "1", "--", "192.0.2.1"));
}

TEST(Options, ACommandsWordsAreLeftAsTheyAre) {
  EXPECT_THAT(parse({"--", "sh", "-c", "echo 'a b'", ""}).command.words, ElementsAre("sh", "-c", "echo 'a b'", ""));
}

TEST(Options, AnExistingUserMayRunTheCommand) {
  const passwd* us = getpwuid(getuid());
  if (!us) GTEST_SKIP() << "this user has no name";
  std::string name = us->pw_name;
  EXPECT_EQ(parse({"--user", name, "--", "true"}).command.user.value().uid, getuid());
}

TEST(Options, PagesAreAskedFor) {
  EXPECT_EQ(parse({"-h"}).page, Page::short_help);
  EXPECT_EQ(parse({"--help"}).page, Page::long_help);
  EXPECT_EQ(parse({"-V"}).page, Page::version);
  EXPECT_EQ(parse({"--version"}).page, Page::version);
  EXPECT_EQ(parse({"-t", "?"}).page, Page::tracers);
  EXPECT_EQ(parse({"--fields", "?"}).page, Page::fields);
  EXPECT_EQ(parse({"--fields", "?", "-o", "json"}).page, Page::fields);
}

TEST(Options, HelpIsShownAlsoBesideAWrongValue) {
  EXPECT_EQ(parse({"--help", "-o", "yaml"}).page, Page::long_help);
  EXPECT_EQ(parse({"-h", "--mark", "blue"}).page, Page::short_help);
}

TEST(Options, HelpBehindTwoDashesIsTheCommands) {
  auto options = parse({"--", "ping", "--help"});
  EXPECT_EQ(options.page, Page::none);
  EXPECT_THAT(options.command.words, ElementsAre("ping", "--help"));
}

struct Wrong {
  const char* name;
  Line line;
  const char* sentence;
};

class WrongLine : public testing::TestWithParam<Wrong> {};

TEST_P(WrongLine, IsToldInOneSentence) {
  EXPECT_EQ(test::sentence<UsageError>([] { parse(GetParam().line); }), GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    Options, WrongLine,
    testing::Values(
        Wrong{"NoCommand", {"--"}, "no command after '--'"},
        Wrong{"NoCommandBehindOptions", {"-v", "--"}, "no command after '--'"},
        Wrong{"AWord",
              {"icpm"},
              "packet expression 'icpm': can't parse filter expression: syntax error; did you mean icmp?"},
        Wrong{"ACommandWithoutDashes",
              {"ping", "10.0.0.1"},
              "packet expression 'ping 10.0.0.1': can't parse filter expression: syntax error; did you mean "
              "icmp? A command is written after '--': skbtrail -- ping -c 1 ADDRESS"},
        Wrong{"NearSubcommand",
              {"lst"},
              "packet expression 'lst': can't parse filter expression: syntax error; did you mean 'skbtrail list'?"},
        Wrong{"NearDrop",
              {"dorp"},
              "packet expression 'dorp': can't parse filter expression: syntax error; did you mean 'skbtrail drop'?"},
        Wrong{"SubcommandBehindOptions",
              {"-v", "drop", "udp"},
              "packet expression 'drop udp': can't parse filter expression: syntax error; a subcommand is the first "
              "word, before all options: 'skbtrail drop ...'"},
        Wrong{"ToolBehindOptions",
              {"-v", "as"},
              "packet expression 'as': can't parse filter expression: syntax error; a subcommand is the first word, "
              "before all options: 'skbtrail as ...'"},
        Wrong{"AnExpressionOfAnotherKind",
              {"-v", "ifname", "eth0"},
              "packet expression 'ifname eth0': ifname supported only on PF linktype; use --ifname NAME"},
        Wrong{"AnExpressionBesideOptions",
              {"-P", "80", "tpc"},
              "packet expression 'tpc': can't parse filter expression: syntax error; did you mean tcp?"},
        Wrong{"Inner",
              {"--inner", "tpc"},
              "--inner 'tpc': can't parse filter expression: syntax error; did you mean tcp?"},
        Wrong{"Where",
              {"--where", "lenn > 3"},
              "--where: column 1: unknown field 'lenn'; did you mean len?\n  lenn > 3\n  ^"},
        Wrong{"Pid", {"--pid", "0"}, "--pid: 0 is the idle task, which owns no socket"},
        Wrong{"Comm", {"--comm", "["}, "--comm: '[': a '[' without its ']', or a '\\' at the end"},
        Wrong{"LongComm",
              {"--comm", "abcdefghijklmnop"},
              "--comm: 'abcdefghijklmnop': longer than the 15 bytes of a task's name"},
        Wrong{"ProtoForPid",
              {"-p", "1234"},
              "--proto: 1234 is too large for a protocol number, at most 255; did you mean --pid?"},
        Wrong{"NearOption", {"--ifnam", "veth0"}, "unrecognized option '--ifnam'; did you mean --ifname?"},
        Wrong{"NearOptionWithValue", {"--filds=cpu"}, "unrecognized option '--filds'; did you mean --fields?"},
        Wrong{"BeginningOfAnOption", {"--verb"}, "unrecognized option '--verb'; did you mean --verbose?"},
        Wrong{"NoOption", {"--frobnicate"}, "unrecognized option '--frobnicate'"},
        Wrong{"ReadFile", {"-r", "file"}, "unrecognized option '-r'; 'skbtrail read FILE' reads a recording"},
        Wrong{"Numeric", {"-n"}, "unrecognized option '-n'; addresses and ports are always numbers here"},
        Wrong{"NumericTwice", {"-nn"}, "unrecognized option '-nn'; addresses and ports are always numbers here"},
        Wrong{"Ethernet",
              {"-e"},
              "unrecognized option '-e'; did you mean '--fields +eth_src,+eth_dst'? An event of perf is '-t "
              "net:net_dev_queue'"},
        Wrong{"Snap", {"-s", "0"}, "--saddr: '0' is not an IPv4 or IPv6 address; did you mean --snaplen?"},
        Wrong{"LineBuffered", {"-l"}, "unrecognized option '-l'; lines are flushed as they come"},
        Wrong{"Time", {"-T"}, "unrecognized option '-T'; did you mean '--time'?"},
        Wrong{"Layout",
              {"-o", "yaml"},
              "--output: unknown layout 'yaml'; allowed: line, trail, route, drop, json, count and pcapng"},
        Wrong{"LayoutInLargeLetters", {"-o", "JSON"}, "--output: unknown layout 'JSON'; did you mean json?"},
        Wrong{"ProtoInLargeLetters", {"-p", "TCP"}, "--proto: unknown protocol 'TCP'; did you mean tcp?"},
        Wrong{"FieldInLargeLetters", {"--fields", "TIME"}, "--fields: unknown field 'TIME'; did you mean 'time'?"},
        Wrong{"EmptyLayout",
              {"--output", ""},
              "--output: unknown layout ''; allowed: line, trail, route, drop, json, count and pcapng"},
        Wrong{"TimeStyle",
              {"--time", "iso"},
              "--time: unknown format 'iso'; allowed: clock, date, utc, mono, delta, trail"},
        Wrong{"TimeOfTrailAsJson",
              {"-o", "json", "--time", "trail"},
              "--time trail: JSON has times as numbers; --fields +trail.since adds the time since the first event"},
        Wrong{"TrailsBySince",
              {"--trail", "--where", "trail.since > 1ms"},
              "--where: trail.since is the time of an event, and trails are shown; trail.total is that of the whole "
              "trail"},
        Wrong{"BetweenOne",
              {"--between", "netif_rx"},
              "--between: requires two tracers: --between A,B, such as net_dev_queue,netif_receive_skb"},
        Wrong{"LatencyOfLines",
              {"-o", "line", "--latency"},
              "--latency: not allowed with -o line, which shows events; allowed: trail, route, json, count"},
        Wrong{"MergedTrails", {"--trail", "--merge"}, "--merge requires -o route"},
        Wrong{"Color", {"--color", "yes"}, "--color: unknown value 'yes'; allowed: auto, always, never"},
        Wrong{"Field", {"--fields", "ifnam"}, "--fields: unknown field 'ifnam'; did you mean 'ifname'?"},
        Wrong{"NoFields", {"--fields", ","}, "--fields: the list is empty"},
        Wrong{"MixedFields",
              {"--fields", "cpu,+func"},
              "--fields: either a whole list (a,b) or changes to the default one (+a,-b), not both at once"},
        Wrong{"QuietAndVerbose", {"-q", "-v"}, "--quiet and --verbose are mutually exclusive"},
        Wrong{"NoTracers", {"-t", ","}, "--tracer: the list is empty"},
        Wrong{"NothingExcluded", {"-x", " "}, "--exclude: the list is empty"},
        Wrong{"Ifname",
              {"-i", std::string(128, 'x')},
              "--ifname: 'xxxxxxxxxxxxxxxx...' is longer than the 127 characters of a device's alternative name"},
        Wrong{"EmptyIfname", {"--ifname", ""}, "--ifname: the name is empty"},
        Wrong{"Mark", {"--mark", "blue"}, "--mark: 'blue' is not a number"},
        Wrong{"EmptyNetns", {"-N", ""}, "--netns: the name is empty"},
        Wrong{"EmptyTracerFile", {"--tracers", ""}, "--tracers: the file's name is empty"},
        Wrong{"EmptyMark", {"--mark", ""}, "--mark: '' is not a number"},
        Wrong{"Mask", {"--mark", "2/1"}, "--mark: 0x2 has bits outside of its mask 0x1, so no mark could match"},
        Wrong{"Length", {"--len", "90-60"}, "--len: the range 90-60 ends before it begins"},
        Wrong{"LengthBelowZero", {"--len", "-1"}, "--len: '-1' is not a number or a range such as 60-90"},
        Wrong{"NetnsPid", {"-N", "pid:x"}, "--netns: 'x' is not a process number; write pid:N"},
        Wrong{"NetnsContainer",
              {"-N", "container:zz"},
              "--netns: no process runs in a container whose id begins with 'zz'"},
        Wrong{"Count", {"-c", "many"}, "--count: 'many' is not a number"},
        Wrong{"CountOfZero", {"-c", "0"}, "--count: must be greater than 0"},
        Wrong{"Duration", {"--duration", "soon"}, "--duration: 'soon' is not a time such as 10, 500ms, 3m or 1h"},
        Wrong{"DurationOfZero", {"--duration", "0s"}, "--duration: must be greater than 0"},
        Wrong{"Buffer", {"--buffer", "big"}, "--buffer: 'big' is not a size such as 65536, 512K or 8M"},
        Wrong{"BufferOfZero", {"--buffer", "0"}, "--buffer: must be greater than 0"},
        Wrong{"BufferTooLarge", {"--buffer", "17G"}, "--buffer: must be at most 16G"},
        Wrong{"Snaplen", {"--snaplen", "63"}, "--snaplen: must be at least 64, so that headers fit; not 63"},
        Wrong{"SnaplenTooLarge", {"--snaplen", "4097"}, "--snaplen: 4097 is too large, at most 4096"},
        Wrong{"UserWithoutCommand", {"--user", "root"}, "--user requires a command: -- COMMAND [ARG ...]"},
        Wrong{"UserEmpty", {"--user", "", "--", "true"}, "--user: the user's name is empty"},
        Wrong{"User", {"--user", "no-such-user", "--", "true"}, "--user: unknown user 'no-such-user'"},
        Wrong{"OutputFile", {"--output-file", ""}, "--output-file: the file's name is empty"},
        Wrong{"Summary", {"--summary", ""}, "--summary: the file's name is empty"},
        Wrong{"ReadyFile", {"--ready-file", ""}, "--ready-file: the file's name is empty"}),
    [](const auto& wrong) { return wrong.param.name; });

// An option about what is shown changes something, or is refused: of all layouts, live and read.
struct Used {
  std::vector<std::string> option;
  const char* by;  // "line trail": layouts that have a use for it
};

const std::map<std::string, std::vector<std::string>> kLayoutWords{
    {"line", {"-o", "line"}},
    {"trail", {"--trail"}},
    {"route", {"-o", "route"}},
    {"drop", {"-o", "drop"}},
    {"json", {"-o", "json"}},
    {"json-trails", {"-o", "json", "--trail"}},
    {"count", {"-o", "count"}},
    {"pcapng", {"-o", "pcapng"}},
    {"record", {"-w", "file"}},
    {"record-to-output", {"-w", "-"}},
    {"print-and-record", {"-o", "line", "-w", "file"}},
};

const std::vector<Used> kUsed{
    {{"--fields", "func"}, "line json pcapng record record-to-output print-and-record"},
    {{"--time", "utc"}, "line trail route drop print-and-record"},
    {{"--time", "trail"}, "line trail drop print-and-record"},
    {{"--color", "always"}, "line trail route drop print-and-record"},
    {{"--color", "never"},
     "line trail route drop json json-trails count pcapng record record-to-output print-and-record"},
    {{"--stack"}, "line drop json pcapng record record-to-output print-and-record"},
    {{"--caller"}, "line json pcapng record record-to-output print-and-record"},
    {{"--meta"}, "line trail json pcapng record record-to-output print-and-record"},
    {{"--absolute-tcp-sequence-numbers"}, "line print-and-record"},
    {{"--explain"}, "drop"},
    {{"--merge"}, "route"},
    {{"--only-dropped"}, "trail route json-trails"},
    {{"--only-incomplete"}, "trail route json-trails"},
    {{"--min-latency", "1ms"}, "trail route json-trails"},
    {{"--latency"}, "trail route json json-trails count record"},
    {{"--between", "a,b"}, "trail route json json-trails count record"},
    {{"--notices"}, "json json-trails"},
    {{"--rotate", "1M"}, "record print-and-record"},
    {{"-O", "out"}, "line trail route drop json json-trails pcapng record print-and-record"},
};

class EveryLayout : public testing::TestWithParam<std::string> {};

TEST_P(EveryLayout, HasAUseForAnOptionOrRefusesIt) {
  const auto& layout = kLayoutWords.at(GetParam());
  for (const auto& used : kUsed) {
    std::istringstream words(used.by);
    const bool expected = std::count(std::istream_iterator<std::string>(words), {}, GetParam()) > 0;
    std::vector<std::string> line = layout;
    line.insert(line.end(), used.option.begin(), used.option.end());
    std::vector<std::string> read_line = line;
    read_line.insert(read_line.begin(), "some.pcapng");
    for (const bool live : {true, false}) {
      std::string refusal;
      try {
        if (live)
          parse(line);
        else
          parse_read_options(read_line);
      } catch (const UsageError& error) {
        refusal = error.what();
      }
      EXPECT_EQ(refusal.empty(), expected) << used.option.front() << (live ? " live: " : " read: ") << refusal;
      if (expected) continue;
      const std::string option = used.option.front() == "-O" ? "--output-file" : used.option.front();
      EXPECT_THAT(refusal, testing::AnyOf(StartsWith(option), StartsWith("-w - writes the recording")));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Options, EveryLayout, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto& [name, words] : kLayoutWords) names.push_back(name);
                           return names;
                         }()),
                         [](const auto& layout) {
                           std::string name = layout.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(UnusedOptions, ASentenceSaysWhereTheyAreOfUse) {
  const auto sentence = [](Line line) { return test::sentence<UsageError>([&] { parse(line); }); };
  EXPECT_EQ(sentence({"--trail", "--fields", "func"}),
            "--fields: not used by -o trail; allowed with: -o line, -o json, -w");
  EXPECT_EQ(sentence({"-o", "json", "--trail", "--stack"}),
            "--stack: not used by -o json --trail; allowed with: -o line, -o drop, -o json, -w");
  EXPECT_EQ(sentence({"-o", "count", "-O", "file"}),
            "--output-file: not used by -o count; allowed with: -o line, -o trail, -o route, -o drop, -o json, "
            "-o json --trail, -w");
  EXPECT_EQ(sentence({"-w", "file", "--time", "utc"}),
            "--time: not used by -w; allowed with: -o line, -o trail, -o route, -o drop");
}

TEST(UnusedOptions, APageIsShownAllTheSame) {
  EXPECT_EQ(parse({"--trail", "--fields", "?"}).page, Page::fields);
  EXPECT_EQ(parse({"-o", "route", "--stack", "--help"}).page, Page::long_help);
}

// What comes at the end is what was asked for; trails are printed as well where they were named, or are the usual
// place.
TEST(Times, AreShownBehindTrailsOrAlone) {
  struct Asked {
    std::vector<std::string> words;
    const char* layout;
    bool prints;
  };
  for (const auto& asked : std::vector<Asked>{{{"--latency"}, "trail", true},
                                              {{"--latency", "-o", "json"}, "json", true},
                                              {{"--latency", "-o", "route"}, "route", true},
                                              {{"--latency", "-o", "count"}, "trail", false},
                                              {{"--between", "a,b"}, "trail", false},
                                              {{"--between", "a,b", "--trail"}, "trail", true},
                                              {{"--between", "a,b", "-o", "trail"}, "trail", true},
                                              {{"--between", "a,b", "-o", "json"}, "json", false},
                                              {{"--between", "a,b", "-o", "json", "--trail"}, "json", true},
                                              {{"--between", "a,b", "-w", "file"}, "trail", false}}) {
    const auto options = parse(asked.words);
    EXPECT_EQ(options.display.layout->name, asked.layout) << testing::PrintToString(asked.words);
    EXPECT_EQ(options.trails.choice.prints_trails, asked.prints) << testing::PrintToString(asked.words);
    EXPECT_TRUE(options.trails.shown);
  }
}

// What is named is all that is traced, and with it where the time begins and ends.
TEST(Times, BetweenTwoTracersTheseAreTracedToo) {
  EXPECT_TRUE(parse({"--between", "a,b"}).probes.tracers.empty());
  EXPECT_THAT(parse({"-t", "c", "--between", "a,b"}).probes.tracers, testing::ElementsAre("c", "a", "b"));
}

TEST(TrailFields, SwitchFollowingOnAndWhatIsKnownLaterMakesEventsWait) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--where", "trail.dropped"}, {"--fields", "+trail.fate"}, {"-o", "json", "--fields", "+trail.total"}}) {
    EXPECT_EQ(parse(words).known_at(), event::Known::with_fate);
    EXPECT_TRUE(parse(words).following.for_events);
  }
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--where", "trail.id == 1"}, {"--fields", "+trail.since"}, {"--time", "trail"}})
    EXPECT_EQ(parse(words).known_at(), event::Known::with_trail);
  EXPECT_EQ(parse({"--trail", "--where", "trail.dropped"}).known_at(), event::Known::with_event);
  EXPECT_EQ(parse({"--trail", "--time", "trail"}).known_at(), event::Known::with_event);
  // What is recorded is chosen by events.
  EXPECT_EQ(parse({"--trail", "-w", "file", "--where", "trail.dropped"}).known_at(), event::Known::with_fate);
}

class OptionWithoutItsValue : public testing::TestWithParam<const char*> {};

TEST_P(OptionWithoutItsValue, IsToldByItsName) {
  EXPECT_EQ(test::sentence<UsageError>([] { parse({GetParam()}); }), std::string(GetParam()) + ": requires a value");
}

INSTANTIATE_TEST_SUITE_P(Options, OptionWithoutItsValue,
                         testing::Values("--netns", "--ifname", "--mark", "--len", "--tracer", "--exclude", "--output",
                                         "--fields", "--time", "--color", "--count", "--duration", "--output-file",
                                         "--summary", "--ready-file", "--buffer", "--snaplen", "--user"),
                         [](const auto& name) {
                           std::string text = std::string(name.param).substr(2);
                           std::replace(text.begin(), text.end(), '-', '_');
                           return text;
                         });

class RepeatedOption : public testing::TestWithParam<const char*> {};

TEST_P(RepeatedOption, IsToldByItsName) {
  std::string name = GetParam();
  EXPECT_THAT(test::sentence<UsageError>([&] {
                parse({name, "7", name, "8"});
              }),
              AllOf(HasSubstr(name), testing::Not(HasSubstr("missing"))));
}

INSTANTIATE_TEST_SUITE_P(Options, RepeatedOption, testing::Values("--netns", "--count", "--output-file"),
                         [](const auto& name) { return std::string(name.param).substr(2, 5); });

TEST(Options, NothingBehindAnEqualSignIsAMissingValue) {
  EXPECT_EQ(test::sentence<UsageError>([] { parse({"--ifname="}); }), "--ifname: requires a value");
  for (const char* option : {"--comm", "--output-file", "--write", "--count", "--tracer", "--stack", "--proto"})
    for (const Line& rest : {Line{"udp"}, Line{"-q"}, Line{"udp", "port", "53"}, Line{"--", "true"}}) {
      Line line{std::string(option) + "="};
      line.insert(line.end(), rest.begin(), rest.end());
      EXPECT_EQ(test::sentence<UsageError>([&] { parse(line); }), std::string(option) + ": requires a value");
    }
  EXPECT_EQ(test::sentence<UsageError>([] {
              parse_read_options({"file", "--comm=", "udp"});
            }),
            "--comm: requires a value");
  EXPECT_EQ(test::sentence<UsageError>([] { parse_drop_options({"--reason=", "udp"}); }), "--reason: requires a value");
}

TEST(Options, WhatFollowsTwoDashesIsNoOptionsMissingValue) {
  EXPECT_THAT(parse({"--", "prog", "--comm=", "-c", "-N"}).command.words, ElementsAre("prog", "--comm=", "-c", "-N"));
}

TEST(Options, AnOptionIsNoValueOfTheOneBefore) {
  EXPECT_EQ(test::sentence<UsageError>([] {
              parse({"-c", "-N", "x"});
            }),
            "--count: requires a value, and '-N' is an option; as a value it is '--count=-N'");
  EXPECT_EQ(test::sentence<UsageError>([] {
              parse({"-vc", "--pid", "7"});
            }),
            "--count: requires a value, and '--pid' is an option; as a value it is '--count=--pid'");
  EXPECT_EQ(parse({"--comm=-q"}).filter.conditions.comm, "-q");
  EXPECT_EQ(parse({"-q", "-c5", "-vh"}).page, Page::short_help);
  EXPECT_EQ(parse({"-O", "-", "--summary", "-"}).run.summary_file, "-");
}

TEST(Options, AFlagTakesNoValue) {
  EXPECT_THAT(test::sentence<UsageError>([] { parse({"--strict=maybe"}); }), HasSubstr("strict"));
}

TEST(Help, TheLongOneNamesEveryOption) {
  std::string help = long_help();
  for (const char* name : {"-p, --proto P",
                           "-H, --addr A[/LEN]",
                           "-s, --saddr A[/LEN]",
                           "-d, --daddr A[/LEN]",
                           "-P, --port N[-M]",
                           "--sport N[-M]",
                           "--dport N[-M]",
                           "--icmp-id N[-M]",
                           "--tcp-flags LIST",
                           "--inner EXPR",
                           "--pid N",
                           "--comm GLOB",
                           "--where EXPR",
                           "-N, --netns NS",
                           "-i, --ifname LIST",
                           "--mark V[/MASK]",
                           "--len N[-M]",
                           "-t, --tracer LIST",
                           "-x, --exclude LIST",
                           "-o, --output LAYOUT",
                           "--fields LIST",
                           "--time F",
                           "--color WHEN",
                           "--meta",
                           "-v, --verbose",
                           "-q, --quiet",
                           "-c, --count N",
                           "--duration T",
                           "-O, --output-file FILE",
                           "--summary FILE",
                           "--ready-file FILE",
                           "--buffer SIZE",
                           "--snaplen N",
                           "--user NAME",
                           "--strict",
                           "-h",
                           "--help",
                           "-V, --version"})
    EXPECT_THAT(help, HasSubstr(std::string("\n  ") + name));
}

// What the help names is understood, so that neither can be forgotten.
TEST(Help, EveryOptionItNamesIsUnderstood) {
  std::string help = long_help();
  size_t named = 0;
  for (size_t at = help.find("\n  -"); at != std::string::npos; at = help.find("\n  -", at + 1)) {
    std::string line = help.substr(at + 3, help.find('\n', at + 1) - at - 3);
    std::string name = line.substr(0, line.find_first_of(", ["));
    std::string told = test::sentence<UsageError>([&] { parse({name}); });
    EXPECT_THAT(told, testing::Not(StartsWith("unrecognized option"))) << name;
    named++;
  }
  EXPECT_GE(named, 38u);
}

TEST(Drop, TracesOnePlaceAndHasALayoutOfItsOwn) {
  const auto options = parse_drop_options({"-p", "udp", "--reason", "NO_SOCKET,IP_*", "--not-reason=IP_CSUM"});
  EXPECT_EQ(options.display.layout->name, "drop");
  EXPECT_THAT(options.probes.tracers, ElementsAre("kfree_skb"));
  EXPECT_THAT(options.filter.drops->reasons, ElementsAre("NO_SOCKET", "IP_*"));
  EXPECT_THAT(options.filter.drops->not_reasons, ElementsAre("IP_CSUM"));
  EXPECT_FALSE(options.filter.packet.empty() || options.sections.stack || options.display.explains);
}

TEST(Drop, TakesWhatTraceTakes) {
  const auto options = parse_drop_options({"--stack", "-w", "x.pcapng", "udp port 53", "--", "curl", "x"});
  EXPECT_TRUE(options.sections.stack);
  EXPECT_EQ(options.display.layout->name, "count") << "-w alone prints nothing";
  EXPECT_THAT(options.command.words, ElementsAre("curl", "x"));
  EXPECT_THAT(options.recording.command_line.front(), "drop");
  EXPECT_TRUE(parse_drop_options({"-o", "json"}).display.prints_objects());
}

TEST(Drop, RefusesWhatIsAboutOtherPlaces) {
  for (const char* word : {"-t", "-x", "--tracer=a", "--exclude=a"})
    EXPECT_THAT(test::sentence<UsageError>([&] {
                  parse_drop_options({word, "a"});
                }),
                HasSubstr("not allowed with drop"));
  for (const std::string layout : {"trail", "route"})
    EXPECT_EQ(test::sentence<UsageError>([&] {
                parse_drop_options({"-o", layout});
              }),
              fmt::format("-o {0}: drop shows single packets; 'skbtrail -o {0} --only-dropped' has trails", layout));
  EXPECT_EQ(test::sentence<UsageError>([&] {
              parse_drop_options({"--time", "trail"});
            }),
            "--time trail: drop shows single packets; 'skbtrail -o drop --time trail' follows them");
  EXPECT_EQ(test::sentence<UsageError>([&] { parse_drop_options({"--trail"}); }),
            "--trail: not allowed with drop; 'skbtrail --trail' takes it");
}

TEST(Help, NoLineIsLongerThan80Columns) {
  for (const auto& help : {short_help(), long_help(), read_help(), drop_help()}) {
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST(Help, BothSayThatAnExpressionIsTaken) {
  for (const auto& help : {short_help(), long_help()})
    EXPECT_THAT(help, StartsWith("usage: skbtrail [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]\n"));
}

TEST(Help, TheLongOneSaysWhereToReadAboutExpressions) {
  EXPECT_THAT(long_help(),
              AllOf(HasSubstr("pcap-filter(7)"), HasSubstr("docs/filters.md"), HasSubstr("docs/where.md")));
}

TEST(Recordings, WAlonePrintsNothingAndWithALayoutItDoes) {
  EXPECT_EQ(parse({"-w", "x.pcapng"}).display.layout->name, "count");
  EXPECT_EQ(parse({"-w", "x.pcapng", "-O", "y"}).display.layout->name, "line");
  EXPECT_EQ(parse({"-w", "x.pcapng", "-o", "json"}).display.layout->name, "json");
  ASSERT_EQ(parse({"-w", "x.pcapng"}).recording.destinations.size(), 1U);
  EXPECT_EQ(parse({"-w", "x.pcapng", "-o", "pcapng"}).recording.destinations.size(), 2U);
  EXPECT_EQ(parse({"-o", "pcapng", "-O", "y"}).recording.destinations.front().path, "y");
  EXPECT_EQ(parse({"-w", "-"}).display.layout->name, "pcapng");
  EXPECT_THROW(parse({"-w", "-", "-o", "json"}), UsageError);
}

TEST(Recordings, ARingHasASizeAndANumberOfFiles) {
  const auto ring = parse({"-w", "x", "--rotate", "10M,5"}).recording.destinations.front();
  EXPECT_EQ(ring.rotate_bytes, 10U << 20);
  EXPECT_EQ(ring.keep, 5U);
  EXPECT_EQ(parse({"-w", "x", "--rotate", "10M"}).recording.destinations.front().keep, 0U);
  EXPECT_EQ(test::sentence<UsageError>([] { parse({"--rotate", "10M"}); }), "--rotate requires -w FILE");
  EXPECT_EQ(test::sentence<UsageError>([] {
              parse({"-w", "x", "--rotate", "10M,0"});
            }),
            "--rotate: the number of files must be greater than 0");
}

TEST(Read, TheFirstWordsAreFilesAndTheRestIsTheExpression) {
  const auto options = parse_read_options({"x", "y.pcapng", "tcp", "port", "80", "-v"});
  EXPECT_EQ(options.files, (std::vector<std::string>{"x", "y.pcapng"}));
  EXPECT_TRUE(options.trace.filter.packet.packet);
  EXPECT_TRUE(options.trace.notices.verbose);
  const auto selecting = parse_read_options({"x", "udp", "-w", "part.pcapng.zst", "--rotate", "64K,3"});
  EXPECT_EQ(selecting.trace.display.layout->name, "count");
  ASSERT_EQ(selecting.trace.recording.destinations.size(), 1U);
  EXPECT_EQ(selecting.trace.recording.destinations[0].path, "part.pcapng.zst");
  EXPECT_EQ(selecting.trace.recording.destinations[0].keep, 3U);
  EXPECT_EQ(selecting.trace.recording.command_line[0], "read");
  EXPECT_EQ(parse_read_options({"x", "-w", "y", "-o", "json"}).trace.display.layout->name, "json");
  EXPECT_EQ(parse_read_options({"x", "-w", "-"}).trace.display.layout->name, "pcapng");
  EXPECT_EQ(parse_read_options({"-"}).files, std::vector<std::string>{"-"});
  EXPECT_EQ(parse_read_options({"x", "-N", "nosuch"}).netns, "nosuch");
  EXPECT_THROW(parse_read_options({}), UsageError);
  EXPECT_EQ(test::sentence<UsageError>([] {
              parse_read_options({"x", "--rate", "5"});
            }),
            "--rate: not allowed with read, which traces nothing; 'skbtrail --rate' takes it");
  EXPECT_EQ(test::sentence<UsageError>([] { parse_read_options({"x", "-N", ""}); }), "--netns: the name is empty");
}

// An example in the help that is refused would be the first thing that a newcomer meets.
TEST(Help, TheExamplesOfTheShortOneAreUnderstood) {
  for (const auto& line :
       {Line{"--", "ping", "-c", "1", "192.0.2.1"}, Line{"tcp port 80 and not net 10.0.0.0/8"},
        Line{"--proto", "tcp", "--port", "80"}, Line{"-p", "tcp", "--tcp-flags", "syn", "-H", "192.0.2.0/24"},
        Line{"--comm", "curl*", "-o", "count"}, Line{"--where", "drop_reason == NO_SOCKET and len > 100"}}) {
    EXPECT_NO_THROW(parse(line)) << line.front();
    EXPECT_THAT(short_help(), HasSubstr(line.back()));
  }
}

TEST(Help, EndsWithALineEnd) {
  EXPECT_EQ(short_help().back(), '\n');
  EXPECT_EQ(long_help().back(), '\n');
}

TEST(Help, TheShortOneLeadsToTheLongOne) {
  EXPECT_THAT(short_help(), AllOf(StartsWith("usage: skbtrail"), HasSubstr("--help"), HasSubstr("-- ping")));
  EXPECT_LT(short_help().size(), long_help().size());
}

TEST(Options, NoticesAreForObjects) {
  EXPECT_TRUE(parse({"-o", "json", "--notices"}).notices.in_band);
  EXPECT_TRUE(parse({"-o", "json", "--notices", "-q"}).notices.in_band);
  EXPECT_THAT(test::sentence<UsageError>([] { parse({"--notices"}); }), HasSubstr("-o json"));
  EXPECT_THAT(test::sentence<UsageError>([] { parse({"-w", "x", "--notices"}); }), HasSubstr("-o json"));
}

}  // namespace
}  // namespace skbtrail::cli
