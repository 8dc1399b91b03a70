#include "run/live_notices.h"

#include <fmt/format.h>

#include "kernel/symbols.h"
#include "output/summary.h"
#include "run/where.h"

namespace skbtrail::run {

namespace {

using Level = event::Notice::Level;

std::string what_is_attached(const stream::Session& session) {
  const auto count = [](size_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  const size_t functions = session.attached_functions(), programs = session.attached_programs();
  const size_t tracepoints = session.attached() - functions - programs;
  std::vector<std::string> all;
  if (tracepoints > 0) all.push_back(count(tracepoints, "tracepoint"));
  if (programs > 0) all.push_back(count(programs, "BPF program"));
  if (functions > 0) all.push_back(count(functions, "function"));
  if (all.empty()) return count(0, "tracepoint");
  const std::string last = std::move(all.back());
  all.pop_back();
  return all.empty() ? last : fmt::format("{} and {}", fmt::join(all, ", "), last);
}

// Why --return shows nothing.
std::string no_returns(const TraceOptions& options, const PlanNotes& plan, const stream::Session& session) {
  if (!options.probes.returns || session.attached_functions() > 0 || session.attached_programs() > 0) return "";
  return "--return: only functions return, and none is traced" +
         (plan.no_functions.empty() ? "; name some with -t" : ": " + plan.no_functions);
}

// What was asked for by name and is not traced, and with -v everything else that is not.
void add_skipped(Notices& notices, const TraceOptions& options, const PlanNotes& plan, const stream::Session& session) {
  for (const auto& [name, reason, by_name] : plan.skipped)
    if ((by_name && !options.probes.usual_tracers) || options.notices.verbose)
      notices.push_back({fmt::format("{} is skipped: {}", name, reason)});
  if (options.notices.verbose)
    for (const auto& name : plan.without_skb)
      notices.push_back(
          {fmt::format("{} is skipped: it has no skb that can be read, so no filter can be evaluated", name)});
  if (options.notices.verbose)
    for (const auto& probe : session.skipped())
      notices.push_back({fmt::format("skipped {}: {}", probe.name, probe.reason)});
  else if (!session.skipped().empty())
    notices.push_back({fmt::format("{} probes skipped; -v says why", session.skipped().size())});
}

}  // namespace

Notices notices_of_plan(const TraceOptions& options, const PlanNotes& plan, const Targets& targets) {
  Notices notices;
  const auto add = [&](std::string text) {
    if (!text.empty()) notices.push_back({std::move(text)});
  };
  if (!options.filter.own_connection.empty())
    add(
        fmt::format("the connection of this ssh session, {}, is excluded, for it carries this output; with any filter "
                    "nothing is excluded",
                    options.filter.own_connection));
  for (const auto& note : options.notices.notes) add(note);
  for (const auto& note : targets.notes()) add(note);
  for (const auto& sentence : plan.untold) add(sentence);
  if (!plan.no_reasons.empty())
    add(fmt::format("this kernel does not have {}: {}",
                    plan.no_reasons.size() == 1 ? "this drop reason" : "these drop reasons",
                    fmt::join(plan.no_reasons, ", ")));
  if (options.command.words.empty()) add(options.filter.conditions.comm_absence());
  return notices;
}

Notices notices_at_begin(const TraceOptions& options, const PlanNotes& plan, const stream::Session& session,
                         const Targets& targets) {
  Notices notices = notices_of_plan(options, plan, targets);
  const auto add = [&](std::string text) {
    if (!text.empty()) notices.push_back({std::move(text)});
  };
  if (plan.without_reasons)
    add("this kernel tells no drop reasons (Linux 5.17 does): the function that dropped and the call path are shown, "
        "and what is said of them is likely");
  add(where_hint(options.filter.where));
  add(no_returns(options, plan, session));
  if (!plan.no_formats.empty())
    add(fmt::format("what tracepoints hand out is told by their arguments, not by format files: {}", plan.no_formats));
  add_skipped(notices, options, plan, session);
  if (const auto path = session.filter_path(); options.notices.verbose && !path.empty()) add("packet filter: " + path);
  if (!options.notices.terse) add("tracing " + what_is_attached(session));
  return notices;
}

LastNotices notices_at_end(const stream::Session& session, const stream::LiveNames& names,
                           const event::Summary& summary) {
  LastNotices last;
  if (auto seen = output::nothing_line(summary); !seen.empty()) last.before.push_back({std::move(seen)});
  if (names.symbols_hidden())
    last.before.push_back(
        {fmt::format("addresses have no names, and callers are not told{}, because {}",
                     summary.drops ? ", nor which drops are false alarms" : "", kernel::Symbols::why_unknown()),
         Level::warning});
  const auto lost = [&](size_t cause) {
    return summary.lost.by_cause[cause] > 0 || summary.may_have_matched.by_cause[cause] > 0;
  };
  if (lost(REC_LOSS_RING) || (lost(REC_LOSS_UNFILTERED) && session.has_own_rings()))
    last.after.push_back(
        {fmt::format("the rings were full at times: a larger --buffer (now {} KiB), fewer tracers or a filter would "
                     "keep more",
                     session.ring_bytes() / 1024),
         Level::warning});
  if (!names.kept_all())
    last.after.push_back(
        {"more names or stacks were met than are kept: later names are shown as numbers, later stacks "
         "are unknown; a shorter run, or a filter, meets fewer",
         Level::warning});
  if (session.other_count(COUNT_STACKS_SKIPPED) > 0)
    last.after.push_back(
        {fmt::format("more than {} different stacks were met: --stack-map keeps more", session.stacks()),
         Level::warning});
  return last;
}

}  // namespace skbtrail::run
