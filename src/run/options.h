// What is asked of a run: understood and checked, and not yet looked up in a kernel or a recording.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/fields.h"
#include "filter/conditions.h"
#include "filter/judge.h"
#include "load/backend.h"
#include "output/layouts.h"
#include "output/time_format.h"
#include "probe/tracer_tree.h"
#include "recording/files.h"
#include "run/command.h"
#include "run/user.h"

namespace skbtrail::run {

enum class Color : uint8_t { automatic, always, never };

// Whether packets that matched are followed, whatever becomes of them.
enum class Follow : uint8_t { automatic, always, never };  // automatic: where trails are shown

struct TraceOptions {
  filter::Conditions conditions;
  filter::PacketFilter filter;
  std::string where;                      // checked, but for the names that only the running kernel knows
  std::vector<std::string> tracers;       // wanted; empty: the default set
  std::vector<std::string> excluded;      // taken away
  std::vector<std::string> tracer_files;  // tracers of the user's own, over the built-in tree
  std::vector<const event::Field*> fields;
  std::vector<std::string> stack_at;  // where `stack` is wanted; empty: at all
  std::optional<uint64_t> count;
  std::optional<uint64_t> rate;  // events that are printed a second
  std::optional<std::chrono::nanoseconds> duration;
  load::Backend backend = load::Backend::automatic;  // by which functions are traced
  uint64_t buffer_bytes = 0;                         // 0: the default
  std::string output_file;                           // empty: standard output, or error
  std::string summary_file;                          // "-": standard error
  std::vector<recording::Destination> recordings;    // of -w, and of layout pcapng
  std::vector<std::string> words;                    // as they were given, for the head of a recording
  std::string ready_file;
  std::optional<User> user;          // who runs the command; nobody: who runs this
  std::vector<std::string> command;  // empty: none
  std::vector<uint32_t> processes;   // what happens while these are on the CPU, and what they fork
  uint32_t snaplen = 160;            // packet bytes
  uint32_t stacks = 0;               // different ones that are kept; 0: the default
  const output::LayoutKind* layout = &output::layout_named("line");
  output::TimeStyle time = output::TimeStyle::clock;
  Color color = Color::automatic;
  CommandOutput command_output = CommandOutput::kept;
  Follow follow = Follow::automatic;
  bool looks_before_tags = false;  // the packet expression asks for no VLAN tag, and so sees nothing behind one
  output::TrailChoice trails;      // which, where trails are shown
  bool shows_trails = false;       // and not events
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
  bool terse = false;         // of what is no event, only what went wrong
  bool to_stderr = false;     // events
  bool command_only = false;  // as `processes`, of the command
  bool detail = false;        // of the layout `nettrace`
  std::string left_out;       // connection that the packet filter leaves out, as it is told; empty: none
  // Something decides which events are shown.
  [[nodiscard]] bool has_filter() const {
    return !filter.empty() || conditions.any() || !where.empty() || command_only || !processes.empty();
  }
  // Events are printed, and not only counted or recorded.
  [[nodiscard]] bool prints() const { return layout->prints(); }

  // As JSON.
  [[nodiscard]] bool prints_objects() const { return layout->shows == output::LayoutKind::Shows::objects; }
  // A recording goes where lines would.
  [[nodiscard]] bool records_instead() const { return layout->shows == output::LayoutKind::Shows::recording; }

  // Something of the run goes to standard output.
  [[nodiscard]] bool uses_standard_output() const {
    return output_file.empty() && !to_stderr && layout->shows != output::LayoutKind::Shows::nothing;
  }

  // By which `tracers` are understood and events are named; null: the usual one.
  std::shared_ptr<const probe::TracerTree> tree = nullptr;
};

// What of recordings is asked for, beside what is asked of a trace.
struct RecordedOptions {
  std::vector<std::string> files;
  std::string netns;    // a number, or a name as the recording has it; empty: any
  bool follow = false;  // what is still being written
};

}  // namespace skbtrail::run
