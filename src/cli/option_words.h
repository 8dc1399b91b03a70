// The options of trace and read as words: declared once, read, and shown by --help. What they mean is understood in
// packet_options.cc, output_options.cc and options.cc.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.h"
#include "filter/packet_words.h"

namespace skbtrail::cli {

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

// What was recorded can be asked the same as what is traced; what is about how to trace is left out then.
void declare(CLI::App& app, Words& words, TraceOptions& options, Purpose purpose = Purpose::trace);

// Takes the options off; what is left is words.alone. Throws UsageError.
void read_words(CLI::App& app, Words& words, std::vector<std::string> arguments);

// The options in groups, for --help.
std::string option_list(Purpose purpose);

// From words to options, each its group. Throws UsageError, std::invalid_argument.
void understand_packets(const CLI::App& app, const Words& words, TraceOptions& options, Purpose purpose);
void understand_output(const CLI::App& app, const Words& words, TraceOptions& options);
void understand_recording(const CLI::App& app, const Words& words, TraceOptions& options);

// Whether --where asks for what tracepoints hand out.
bool asks_for_arguments(const std::string& where);

}  // namespace skbtrail::cli
