#include "cli/trace.h"

#include "cli/outputs.h"
#include "cli/own_output.h"
#include "cli/privileges.h"
#include "probe/tracer_page.h"
#include "run/plan.h"
#include "run/trace.h"

namespace skbtrail::cli {

std::string tracer_page(const TraceOptions& options) {
  auto ahead = run::read_ahead(options);
  const auto tree = ahead.tree();  // not read again: a file of tracers may be a pipe
  const auto btf = kernel::Btf::of_kernel();
  auto catalog = run::catalog_of(btf, options, std::move(ahead));
  return probe::tracer_tree_page(*tree, [&](const std::string& name) { return catalog.why_not(name); });
}

int run_trace(const TraceOptions& wanted) {
  const TraceOptions options = without_own_connection(wanted);
  check_files(options, options.tracer_files);
  auto ahead = run::read_ahead(options);
  const auto btf = kernel::Btf::of_kernel();
  const kernel::DropReasons reasons(btf);
  run::Targets targets(options.conditions);
  // A wrong name is found before a lack of privileges.
  auto intent = run::make_plan(options, btf, reasons, targets, std::move(ahead));
  const std::string missing = missing_privileges(kernel::Capabilities::of_this_process());
  if (!missing.empty()) throw RunError(missing);
  return run::trace(options, reasons, targets, std::move(intent));
}

}  // namespace skbtrail::cli
