// The options of trace and read as they are written: declared once, read, and shown by --help. They are parsed in
// packet_options.cc, output_options.cc and options.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.h"
#include "filter/packet_options.h"

namespace CLI {
class App;
}

namespace skbtrail::cli {

// What was written, before it is parsed and checked.
struct RawOptions {
  filter::RawPacketOptions packet;
  std::string netns, ifname, mark, length, output = "line", fields, time = "clock", color = "auto", count, duration,
                                           rate, family, buffer, snaplen, expression, inner, pid, comm, where, stack,
                                           stack_map, track, track_age, record, rotate, user, min_latency, between,
                                           backend = "auto";
  std::vector<std::string> alone;  // neither options nor their values
  std::vector<std::string> tracers, excluded;
  bool short_help = false, long_help = false, version = false, follow_file = false, follow = false, no_follow = false,
       exact = false, conversation = false;
  bool diagnose = false, trail = false, latency = false, merge = false;
  std::vector<std::string> reasons, not_reasons;
  bool table = false;
  std::string interval, rows;  // of it
};

enum class Purpose : uint8_t { trace, read, drop };

// What was recorded can be asked the same as what is traced; what is about how to trace is skipped then.
void declare(CLI::App& app, RawOptions& raw, TraceOptions& options, Purpose purpose = Purpose::trace);

// Takes the options off; what is left is raw.alone. Throws UsageError.
void read_raw_options(CLI::App& app, RawOptions& raw, std::vector<std::string> arguments);

// Whether there is such an option here ("--rate" is none of `read`), and whether it was given.
bool has_option(const CLI::App& app, const char* name);
bool is_given(const CLI::App& app, const char* name);

// Throws UsageError for an option that names a file by nothing.
void refuse_empty_names(const CLI::App& app);

// The options in groups, for --help.
std::string option_list(Purpose purpose);

// From raw options to options, each its group. Throws UsageError, std::invalid_argument.
void parse_packets(const CLI::App& app, const RawOptions& raw, TraceOptions& options, Purpose purpose);
void parse_output(const CLI::App& app, const RawOptions& raw, TraceOptions& options);
void parse_recording(const CLI::App& app, const RawOptions& raw, TraceOptions& options);

// Whether --where asks for what tracepoints hand out.
bool asks_for_arguments(const std::string& where);

}  // namespace skbtrail::cli
