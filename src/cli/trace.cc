#include "cli/trace.h"

#include "cli/outputs.h"
#include "cli/own_output.h"
#include "cli/privileges.h"
#include "probe/tracer_page.h"
#include "run/drop_reasons.h"
#include "run/drop_table.h"
#include "run/plan.h"
#include "run/rules.h"
#include "run/trace.h"
#include "run/whole_file.h"

namespace skbtrail::cli {

std::string tracer_page(const TraceOptions& options) {
  auto ahead = run::read_ahead(options);
  const auto tree = ahead.tree();  // not read again: a file of tracers may be a pipe
  const auto btf = kernel::Btf::of_kernel();
  auto catalog = run::catalog_of(btf, options.probes.backend, std::move(ahead));
  return probe::tracer_tree_page(*tree, [&](const std::string& name) { return catalog.why_not(name); });
}

int run_trace(const TraceOptions& wanted) {
  // Who waits for it must not take that of an earlier run for this one's, whatever comes of this one.
  (void)run::WholeFile::of(wanted.run.ready_file);
  TraceOptions options = without_own_connection(wanted);
  auto inputs = options.probes.tracer_files;
  inputs.insert(inputs.end(), options.trails.rule_files.begin(), options.trails.rule_files.end());
  check_files(options, inputs);
  if (options.trails.diagnosed)
    options.trails.rules = run::rules_of_this_host(options.trails.rule_files, run::reasons_of_this_host());
  auto ahead = run::read_ahead(options);
  const auto btf = kernel::Btf::of_kernel();
  const kernel::DropReasons reasons(btf);
  run::Targets targets(options.filter.conditions);
  // A wrong name is found before a lack of privileges.
  auto intent = run::make_plan(options.table ? run::without_reasons(options) : run::TraceOptions(options), btf, reasons,
                               targets, std::move(ahead));
  const std::string missing = missing_privileges(kernel::Capabilities::of_this_process());
  if (!missing.empty()) throw RunError(missing);
  if (options.table) return run::count_drops(options, reasons, targets, std::move(intent));
  return run::trace(options, reasons, targets, std::move(intent));
}

}  // namespace skbtrail::cli
