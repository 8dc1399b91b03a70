// What is asked of a run: understood and checked, and not yet looked up in a kernel or a recording.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/rules.h"
#include "event/fields.h"
#include "filter/conditions.h"
#include "filter/packet_filter.h"
#include "load/backend.h"
#include "load/track.h"
#include "output/layouts.h"
#include "output/time_format.h"
#include "probe/tracer_tree.h"
#include "recording/files.h"
#include "run/command.h"
#include "run/counters_address.h"
#include "run/user.h"

namespace skbtrail::run {

enum class Color : uint8_t { automatic, always, never };

// Whether packets that matched are followed, whatever becomes of them.
enum class Follow : uint8_t {
  automatic,  // where trails are shown or asked for, and where the kernel side evaluates a filter
  always,
  exactly,  // or the run fails: every end of an skb has to be seen
  never,
};

// `drop --table`: drops are counted in the kernel.
struct DropTableOptions {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);
  uint32_t rows = 4096;  // that are counted apart
};

// Which drops `skbtrail drop` shows, as the user wrote it: names and globs of reasons.
struct DropChoice {
  std::vector<std::string> reasons;      // empty: all
  std::vector<std::string> not_reasons;  // taken away
};

// Which events are shown. All conditions hold together.
struct FilterOptions {
  filter::Conditions conditions;
  filter::PacketFilter packet;
  std::string where;                // checked, but for the names that only the running kernel knows
  std::optional<DropChoice> drops;  // dropped packets alone
  std::vector<uint32_t> processes;  // what happens while these are on the CPU, and what they fork
  bool command_only = false;        // as `processes`, of the command
  bool looks_before_tags = false;   // the packet expression asks for no VLAN tag, and so sees nothing after one
  std::string own_connection;       // the packet filter leaves this connection out, as it is told; empty: none

  // Something decides which events are shown.
  [[nodiscard]] bool any() const {
    return !packet.empty() || conditions.any() || !where.empty() || command_only || !processes.empty();
  }
  // Packets are chosen before they become events: without, all are shown anyway.
  [[nodiscard]] bool chooses_packets() const { return (!packet.empty() && own_connection.empty()) || conditions.any(); }
};

// Which tracepoints and functions are traced, and how.
struct ProbeOptions {
  std::vector<std::string> tracers;                  // wanted; empty: the default set
  std::vector<std::string> excluded;                 // taken away
  std::vector<std::string> tracer_files;             // tracers of the user's own, over the built-in tree
  load::Backend backend = load::Backend::automatic;  // by which functions are traced
  std::vector<std::string> returns_of;  // functions whose return is of interest, if they are traced; `returns`: all
  bool returns = false;
  bool functions_alone = false;  // tracers are thought of as functions: a tracepoint instead of one is not enough
  bool usual_tracers = false;    // `tracers` are what is traced where none is named, and nobody named them
  // By which `tracers` are understood and events are named; null: the usual one.
  std::shared_ptr<const probe::TracerTree> tree = nullptr;
};

// What an event carries, beside what every event does.
struct SectionOptions {
  uint32_t named = 0;      // REC_SECTION_*: of those that are not usual, and were asked for by name
  uint32_t snaplen = 160;  // packet bytes
  bool meta = false;
  bool args = false;  // what tracepoints hand out is wanted of all of them
  bool caller = false;
  bool stack = false;
  std::vector<std::string> stack_at;  // where `stack` is wanted; empty: at all
  uint32_t stacks = 0;                // different ones that are kept; 0: the default
};

// Which packets are followed in the kernel, so that what becomes of a packet that matched is seen as well.
struct FollowOptions {
  Follow mode = Follow::automatic;
  bool conversations = false;                       // and the connections of packets that matched
  uint32_t packets = load::kTrack;                  // that are followed at once
  std::chrono::milliseconds age = load::kTrackAge;  // without an event, until a packet is followed no more
  bool for_events = false;                          // something asks events for what is known of their trails, trail.*
  bool with_fate = false;                           // and some of that is known when they are complete
};

struct TrailOptions {
  bool shown = false;                   // and not events
  output::TrailChoice choice;           // which; `between` of it is made of the next
  std::vector<std::string> between;     // two tracers; empty: none
  bool diagnosed = false;               // what went wrong
  std::vector<std::string> rule_files;  // rules of the user's own, over the built-in ones
  // By which trails are diagnosed, once their files were read; null: they are not.
  std::shared_ptr<const diagnose::Rules> rules = nullptr;
};

// How events are shown.
struct DisplayOptions {
  const output::LayoutKind* layout = &output::layout_named("line");
  std::vector<const event::Field*> fields;
  output::TimeStyle time = output::TimeStyle::clock;
  Color color = Color::automatic;
  bool absolute_tcp = false;
  bool detail = false;    // of the layouts `nettrace` and `skbtracer`
  bool advises = false;   // of drops in any layout that can: what their reasons mean
  bool explains = false;  // and all that is known of them

  // Events are printed, and not only counted or recorded.
  [[nodiscard]] bool prints() const { return layout->prints(); }
  // As JSON.
  [[nodiscard]] bool prints_objects() const { return layout->shows == output::LayoutKind::Shows::objects; }
  // A recording goes where lines would.
  [[nodiscard]] bool records_instead() const { return layout->shows == output::LayoutKind::Shows::recording; }
};

// Where what is shown goes.
struct OutputOptions {
  std::string file;        // empty: standard output, or error
  bool to_stderr = false;  // events
};

// What is told beside events.
struct NoticeOptions {
  std::vector<std::string> notes;  // are told when it begins
  bool verbose = false;
  bool quiet = false;
  bool terse = false;    // of what is no event, only what went wrong
  bool in_band = false;  // to outputs, too
};

// -w, and of layout pcapng.
struct RecordingOptions {
  std::vector<recording::Destination> destinations;
  std::vector<std::string> command_line;  // as it was given, for the head of a recording
};

// `-- COMMAND`
struct CommandOptions {
  std::vector<std::string> words;  // empty: none
  std::optional<User> user;        // none: the user who runs this
  CommandOutput output = CommandOutput::kept;
};

// How long a run lasts, how much it takes, and how others learn of it.
struct RunOptions {
  std::optional<uint64_t> count;
  std::optional<uint64_t> rate;  // events that are printed a second
  std::optional<std::chrono::nanoseconds> duration;
  uint64_t buffer_bytes = 0;  // of all rings; 0: the default
  std::string summary_file;   // "-": standard error
  std::string ready_file;
  std::optional<CountersAddress> counters_at;  // where they are served while it runs
  bool reads_counters = false;                 // at the end it is told what counters of losses gained
  bool strict = false;
};

// Each part says what it is about; what asks several of them is here.
struct TraceOptions {
  FilterOptions filter;
  ProbeOptions probes;
  SectionOptions sections;
  FollowOptions following;
  TrailOptions trails;
  DisplayOptions display;
  OutputOptions output;
  NoticeOptions notices;
  RecordingOptions recording;
  CommandOptions command;
  RunOptions run;
  std::optional<DropTableOptions> table = std::nullopt;  // drops are counted, and none is shown

  // Whether packets are followed, if the kernel lets them be.
  [[nodiscard]] bool may_follow() const {
    return following.mode == Follow::always || following.mode == Follow::exactly ||
           (following.mode == Follow::automatic && (asks_for_trails() || (filter.chooses_packets() && !shows_drops())));
  }
  [[nodiscard]] bool asks_for_trails() const { return trails.shown || following.for_events; }
  // What of that, where events are shown, or trails are recorded by what becomes of them.
  [[nodiscard]] event::Known known_at() const {
    if (!following.for_events || (trails.shown && recording.destinations.empty())) return event::Known::with_event;
    return following.with_fate ? event::Known::with_fate : event::Known::with_trail;
  }
  // Nothing but skbs that were freed as dropped is shown.
  [[nodiscard]] bool shows_drops() const { return filter.drops || display.layout == output::find_layout("drop"); }

  // Something of the run goes to standard output.
  [[nodiscard]] bool uses_standard_output() const {
    return output.file.empty() && !output.to_stderr && display.layout->shows != output::LayoutKind::Shows::nothing;
  }
};

// What of recordings is asked for, beside what is asked of a trace.
struct RecordedOptions {
  std::vector<std::string> files;
  std::string netns;    // a number, or a name as the recording has it; empty: any
  bool follow = false;  // what is still being written
};

}  // namespace skbtrail::run
