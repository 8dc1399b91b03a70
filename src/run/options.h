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
#include "filter/judge.h"
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
  automatic,  // where trails are shown
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

struct TraceOptions {
  filter::Conditions conditions;
  filter::PacketFilter filter;
  std::string where;                      // checked, but for the names that only the running kernel knows
  std::vector<std::string> tracers;       // wanted; empty: the default set
  std::vector<std::string> excluded;      // taken away
  std::vector<std::string> tracer_files;  // tracers of the user's own, over the built-in tree
  std::vector<std::string> rule_files;    // rules of the user's own, over the built-in ones
  std::vector<const event::Field*> fields;
  std::vector<std::string> returns_of;  // functions whose return is of interest, if they are traced; `returns`: all
  std::vector<std::string> stack_at;    // where `stack` is wanted; empty: at all
  std::optional<uint64_t> count;
  std::optional<uint64_t> rate;  // events that are printed a second
  std::optional<std::chrono::nanoseconds> duration;
  load::Backend backend = load::Backend::automatic;  // by which functions are traced
  uint64_t buffer_bytes = 0;                         // 0: the default
  std::string output_file;                           // empty: standard output, or error
  std::string summary_file;                          // "-": standard error
  std::vector<recording::Destination> recordings;    // of -w, and of layout pcapng
  std::vector<std::string> words;                    // as they were given, for the head of a recording
  std::vector<std::string> notes;                    // are told when it begins
  std::string ready_file;
  std::optional<CountersAddress> counters_at;  // where they are served while it runs
  std::optional<User> user;                    // who runs the command; nobody: who runs this
  std::vector<std::string> command;            // empty: none
  std::vector<uint32_t> processes;             // what happens while these are on the CPU, and what they fork
  uint32_t named_sections = 0;                 // of those that are not usual, and were asked for by name
  uint32_t snaplen = 160;                      // packet bytes
  uint32_t stacks = 0;                         // different ones that are kept; 0: the default
  const output::LayoutKind* layout = &output::layout_named("line");
  output::TimeStyle time = output::TimeStyle::clock;
  Color color = Color::automatic;
  CommandOutput command_output = CommandOutput::kept;
  Follow follow = Follow::automatic;
  bool conversations = false;     // and the connections of packets that matched
  uint32_t track = load::kTrack;  // packets that are followed at once
  std::chrono::milliseconds track_age = load::kTrackAge;
  output::TrailChoice trails;                            // which, where trails are shown; `between` is made of the next
  std::vector<std::string> between;                      // two tracers; empty: none
  std::optional<DropChoice> drops;                       // dropped packets are asked for, and nothing else
  std::optional<DropTableOptions> table = std::nullopt;  // and they are counted
  bool advises = false;                                  // of drops in any layout that can: what their reasons mean
  bool explains = false;                                 // and all that is known of them
  bool diagnoses = false;                                // of trails: what went wrong
  bool looks_before_tags = false;  // the packet expression asks for no VLAN tag, and so sees nothing behind one
  bool shows_trails = false;       // and not events
  bool reads_counters = false;     // at the end it is told what counters of losses gained
  bool meta = false;
  bool args = false;             // what tracepoints hand out is wanted of all of them
  bool returns = false;          // of functions
  bool functions_alone = false;  // tracers are thought of as functions: what stands in for them is not enough
  bool caller = false;
  bool stack = false;
  bool verbose = false;
  bool absolute_tcp = false;
  bool quiet = false;
  bool notices = false;  // in band, too
  bool strict = false;
  bool terse = false;             // of what is no event, only what went wrong
  bool to_stderr = false;         // events
  bool command_only = false;      // as `processes`, of the command
  bool detail = false;            // of the layouts `nettrace` and `skbtracer`
  std::string left_out;           // connection that the packet filter leaves out, as it is told; empty: none
  bool follows_events = false;    // something asks events for what is known of their trails, trail.*
  bool waits_for_trails = false;  // and some of that is known when they are complete
  // Whether packets are followed, if the kernel lets them be.
  [[nodiscard]] bool may_follow() const {
    return follow == Follow::always || follow == Follow::exactly ||
           (follow == Follow::automatic && (shows_trails || follows_events));
  }
  // What of that, where events are shown, or trails are recorded by what becomes of them.
  [[nodiscard]] event::Known known_at() const {
    if (!follows_events || (shows_trails && recordings.empty())) return event::Known::with_event;
    return waits_for_trails ? event::Known::with_fate : event::Known::with_trail;
  }
  // Something decides which events are shown.
  [[nodiscard]] bool has_filter() const {
    return !filter.empty() || conditions.any() || !where.empty() || command_only || !processes.empty();
  }
  // Events are printed, and not only counted or recorded.
  [[nodiscard]] bool prints() const { return layout->prints(); }

  // As JSON.
  [[nodiscard]] bool prints_objects() const { return layout->shows == output::LayoutKind::Shows::objects; }
  // Nothing but skbs that were freed as dropped is shown.
  [[nodiscard]] bool shows_drops() const { return drops || layout == output::find_layout("drop"); }
  // A recording goes where lines would.
  [[nodiscard]] bool records_instead() const { return layout->shows == output::LayoutKind::Shows::recording; }

  // Something of the run goes to standard output.
  [[nodiscard]] bool uses_standard_output() const {
    return output_file.empty() && !to_stderr && layout->shows != output::LayoutKind::Shows::nothing;
  }

  // By which `tracers` are understood and events are named; null: the usual one.
  std::shared_ptr<const probe::TracerTree> tree = nullptr;

  // By which trails are diagnosed, once their files were read; null: they are not.
  std::shared_ptr<const diagnose::Rules> rules = nullptr;
};

// What of recordings is asked for, beside what is asked of a trace.
struct RecordedOptions {
  std::vector<std::string> files;
  std::string netns;    // a number, or a name as the recording has it; empty: any
  bool follow = false;  // what is still being written
};

}  // namespace skbtrail::run
