#include "cli/read.h"

#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/trace.h"
#include "filter/expression.h"
#include "output/schema.h"
#include "recording/merge.h"
#include "run/drop_reasons.h"
#include "run/read.h"
#include "run/rules.h"
#include "text/printable.h"

namespace skbtrail::cli {

namespace {

// An expression that no link type of the files takes.
void check_expression(const filter::PacketFilter& filter, const recording::Merge& files) {
  if (filter.refusal.empty()) return;
  for (const auto& reader : files.readers())
    for (const uint16_t link_type : reader->link_types())
      if (filter::compile_for(filter.expression, link_type)) return;
  throw UsageError(filter.refusal);
}

std::string probe_page(const recording::Merge& files) {
  std::string text;
  for (const auto& reader : files.readers())
    for (const auto& probe : reader->names().head().probes) text += text::printable(probe.name) + "\n";
  return text;
}

ReadOptions understood(std::vector<std::string> arguments) {
  auto options = parse_read_options(std::move(arguments));
  auto& trace = options.trace;
  auto inputs = options.files;
  inputs.insert(inputs.end(), trace.trails.rule_files.begin(), trace.trails.rule_files.end());
  if (trace.page == Page::none) check_files(trace, inputs);
  if (trace.page == Page::none && trace.trails.diagnosed)
    trace.trails.rules = run::rules_of_this_host(trace.trails.rule_files, run::reasons_of_this_host());
  return options;
}

}  // namespace

int read_command(std::vector<std::string> arguments, RunState& state) {
  const auto options = understood(std::move(arguments));
  const auto& trace = options.trace;
  if (!state.output_open && (trace.page != Page::none || trace.uses_standard_output()))
    throw RunError("standard output is closed; -O FILE writes events to a file");
  switch (trace.page) {
    case Page::short_help:
    case Page::long_help: print(read_help()); return 0;
    case Page::version: print("skbtrail " SKBTRAIL_VERSION "\n"); return 0;
    case Page::fields: print(trace.display.prints_objects() ? output::json_schema() : output::field_table()); return 0;
    default: break;
  }
  recording::Merge files(options.files);
  files.begin();
  check_expression(trace.filter.packet, files);
  if (trace.page == Page::tracers) {
    print(probe_page(files));
    return 0;
  }
  return run::read(trace, options, files);
}

}  // namespace skbtrail::cli
