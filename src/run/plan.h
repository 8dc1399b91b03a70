// From what is asked for to what will be done: probes chosen, conditions looked up in this kernel, the session's plan.
// Nothing is attached or loaded here, so that a wrong name is found before a lack of privileges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "filter/where.h"
#include "kernel/btf.h"
#include "kernel/drop_reasons.h"
#include "probe/catalog.h"
#include "run/late_programs.h"
#include "run/options.h"
#include "run/targets.h"
#include "stream/session.h"

namespace skbtrail::run {

// What takes time to read and needs nothing of the rest is read by threads meanwhile.
struct ReadAhead {
  probe::Functions::Sources functions;
  probe::Catalog::OpenTree tree;
};

// Throws UsageError where a file of tracers is wrong.
ReadAhead read_ahead(const TraceOptions& options);

probe::Catalog catalog_of(const kernel::Btf& btf, load::Backend backend, ReadAhead ahead);

// What of the plan a person should know.
struct PlanNotes {
  std::vector<std::string> without_skb;     // probes skipped, because no filter can be evaluated there
  std::string no_formats;                   // why there are no format files, if some were wanted
  std::vector<probe::SkippedName> skipped;  // functions that were named, and cannot be traced here
  std::vector<std::string> untold;          // what is asked for, and cannot be told here, a sentence each
  std::string no_functions;                 // why none can be traced here, where that was asked for
  std::vector<std::string> no_reasons;      // drop reasons that were named, and that this kernel does not have
  ProgramWords programs;                    // BPF programs that are asked for
  bool without_reasons = false;             // drops are asked for, of a kernel that tells no reasons
};

// What will be done, complete before anything is loaded.
struct Intent {
  stream::Plan plan;
  std::optional<filter::Where> where;
  bool choosy = false;  // some condition may refuse a hit
  PlanNotes notes;
  std::optional<output::BetweenChoice> between = std::nullopt;
};

// Throws UsageError where a name is nowhere, RunError where nothing can be traced.
Intent make_plan(const TraceOptions& options, const kernel::Btf& btf, const kernel::DropReasons& reasons,
                 const Targets& targets, ReadAhead ahead);

}  // namespace skbtrail::run
