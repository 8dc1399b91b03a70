#include "run/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <set>

#include "run/empty_fields.h"
#include "run/errors.h"
#include "run/tracers.h"
#include "run/where.h"
#include "text/nearest.h"

namespace skbtrail::run {

namespace {

bool may_want_functions(const TraceOptions& options) {
  if (options.backend == load::Backend::tracepoint) return false;
  const auto has_group = [](const std::string& word) { return word.find(':') != std::string::npos; };
  return options.tracers.empty() || !std::all_of(options.tracers.begin(), options.tracers.end(), has_group);
}

// Every word but `all` may be one of the tree.
bool may_want_tree(const TraceOptions& options) {
  return options.tracers != std::vector<std::string>{"all"} || !options.excluded.empty() || !options.stack_at.empty();
}

filter::KnownNames known_names(const kernel::DropReasons& reasons, const std::vector<probe::Probe>& all) {
  filter::KnownNames names{reasons.names(), {}};
  for (const auto& probe : all) names.probes.push_back(probe.name);
  return names;
}

// It takes what kernels have since 6.2.
bool follows(const TraceOptions& options, const kernel::Btf& btf) {
  const bool can = load::KernelIds::of(btf).bytes_type != 0;
  if (options.follow == Follow::always && !can)
    throw RunError(
        "--follow: this kernel does not let programs look at packets in their place (bpf_rdonly_cast, Linux 6.2)");
  if (options.follow == Follow::automatic) return can && options.shows_trails;
  return options.follow == Follow::always;
}

// Probes at which the conditions cannot be judged, so that none of their hits would be shown: where there is no skb, or
// it is somebody else's by then. Without an skb there is no packet of a connection that is left out.
std::vector<std::string> take_out_blind(const TraceOptions& options, bool follows, std::vector<probe::Probe>& probes) {
  std::vector<std::string> blind;
  if (options.filter.empty() && !options.conditions.mark) return blind;
  std::erase_if(probes, [&](const probe::Probe& probe) {
    if (follows && probe.has_skb()) return false;
    const bool is_blind = probe.places.skb_not_owned && (options.left_out.empty() || probe.has_skb());
    if (is_blind) blind.push_back(probe.name);
    return is_blind;
  });
  if (probes.empty())
    throw UsageError(fmt::format("{}: hits have no skb, so a condition on the packet cannot be evaluated there",
                                 fmt::join(blind, ", ")));
  return blind;
}

void check_stack_words(const TraceOptions& options, const std::vector<probe::Probe>& chosen) {
  for (const auto& word : options.stack_at)
    if (std::none_of(chosen.begin(), chosen.end(), [&](const auto& probe) { return probe.is_named_by(word); }))
      throw UsageError(fmt::format("--stack: '{}' matches nothing that is traced", word));
}

// A condition on an argument that nothing traced hands out would hold for nothing.
void check_arguments(const filter::Where& where, const std::vector<probe::Probe>& chosen) {
  std::set<std::string> names;
  for (const auto& probe : chosen)
    if (probe.format)
      for (const auto& field : probe.format->fields) names.insert(field.name);
  for (const auto* field : where.fields()) {
    if (field->argument.empty() || names.contains(std::string(field->argument))) continue;
    const std::string near = text::nearest(std::string(field->argument), {names.begin(), names.end()});
    throw UsageError(
        fmt::format("--where: nothing that is traced hands out '{}'{}", field->argument,
                    near.empty() ? "; --fields +args shows what there is" : "; did you mean args." + near + "?"));
  }
}

bool wants_stack(const TraceOptions& options, const probe::Probe& probe) {
  return options.stack_at.empty() || std::any_of(options.stack_at.begin(), options.stack_at.end(),
                                                 [&](const auto& word) { return probe.is_named_by(word); });
}

std::string_view name_of(load::Backend backend) {
  if (backend == load::Backend::kprobe) return "kprobe";
  return backend == load::Backend::fentry ? "fentry" : "kprobe-multi";
}

// Where functions are asked for and none can be traced here, why; else empty.
std::string lacks_functions(const TraceOptions& options, probe::Catalog& catalog, const probe::Selection& selection) {
  const bool by_backend = options.backend != load::Backend::automatic && options.backend != load::Backend::tracepoint;
  const auto has_group = [](const std::string& word) { return word.find(':') != std::string::npos; };
  const bool by_tracer = options.functions_alone && !selection.left_out.empty() &&
                         std::none_of(options.tracers.begin(), options.tracers.end(), has_group);
  if (!by_backend && !by_tracer) return "";
  const std::string& obstacle = catalog.functions().obstacle();
  if (obstacle.empty()) return "";
  if (by_backend) return fmt::format("--backend {}: no function can be traced: {}", name_of(options.backend), obstacle);
  return fmt::format("none of the {} functions of {} can be traced: {}", selection.left_out.size(),
                     fmt::join(options.tracers, ", "), obstacle);
}

}  // namespace

ReadAhead read_ahead(const TraceOptions& options) {
  const auto when = may_want_tree(options) ? std::launch::async : std::launch::deferred;
  const auto tree = std::async(when, [&options] { return tree_of(options); }).share();
  if (!options.tracer_files.empty()) tree.get();  // a wrong file is a wrong command line
  ReadAhead ahead{may_want_functions(options) ? probe::Functions::read_ahead() : probe::Functions::of_kernel(),
                  [tree] { return tree.get(); }};
  if (options.backend == load::Backend::tracepoint)
    ahead.functions.obstacle = [] { return std::string("--backend tracepoint traces no functions"); };
  return ahead;
}

probe::Catalog catalog_of(const kernel::Btf& btf, const TraceOptions& options, ReadAhead ahead) {
  const auto backend = options.backend;
  const bool functions = backend != load::Backend::automatic && backend != load::Backend::tracepoint;
  return {btf, [] { return std::make_unique<kernel::Tracefs>(); }, std::move(ahead.functions),
          functions ? probe::Prefer::functions : probe::Prefer::tracepoints, std::move(ahead.tree)};
}

Intent make_plan(const TraceOptions& options, const kernel::Btf& btf, const kernel::DropReasons& reasons,
                 const Targets& targets, ReadAhead ahead) {
  auto catalog = catalog_of(btf, options, std::move(ahead));
  auto selection = catalog.select(options.tracers, options.excluded, options.args, !options.stack_at.empty());
  if (!selection.unknown.empty()) throw UsageError(selection.unknown.front());
  if (const auto lack = lacks_functions(options, catalog, selection); !lack.empty()) throw RunError(lack);
  if (selection.chosen.empty() && !selection.left_out.empty())
    throw RunError(fmt::format("nothing can be traced: {}: {}", selection.left_out.front().name,
                               selection.left_out.front().reason));
  if (selection.chosen.empty()) throw UsageError("--exclude leaves nothing to trace");
  check_stack_words(options, selection.chosen);
  auto where = make_where(options.where, known_names(reasons, selection.chosen));
  if (where) check_arguments(*where, selection.chosen);

  auto blind = take_out_blind(options, follows(options, btf), selection.chosen);
  if (!options.recordings.empty()) catalog.add_groups(selection.chosen);

  stream::Plan plan;
  plan.follows = follows(options, btf);
  // Conditions on the device are judged from its section, so that one is always there.
  uint32_t sections = event::sections_of(options.fields) | REC_SECTION_DEVICE | REC_SECTION_RESULT;
  if (options.shows_trails) sections |= REC_SECTION_TASK | REC_SECTION_DROP | REC_SECTION_BYTES;
  if (where) sections |= event::sections_of(where->fields());
  // A recording keeps all that costs little, so that it can be asked later.
  if (!options.recordings.empty()) sections |= event::sections_of(event::default_keys(true));
  for (auto& probe : selection.chosen) {
    probe.places.sections &= sections;
    if (plan.follows && probe.has_skb()) probe.places.sections |= REC_SECTION_FOLLOW;
    if (!wants_stack(options, probe)) probe.places.sections &= ~static_cast<__u32>(REC_SECTION_STACK);
    if (probe.function && options.returns) probe.places.sections |= REC_SECTION_RESULT;
    plan.probes.push_back(std::move(probe));
  }
  plan.conditions = options.conditions;
  plan.netns_moves = targets.netns_moves();
  plan.links_asked_for = targets.has_links();
  plan.targets = targets.now();
  plan.filter_excludes = !options.left_out.empty();
  plan.tasks_alone = options.command_only || !options.processes.empty();
  plan.snaplen = options.snaplen;
  plan.backend = options.backend;
  plan.returns = options.returns;
  plan.ring_bytes = options.buffer_bytes;
  plan.stacks = options.stacks;
  plan.filter = options.filter;
  plan.owned_inodes = options.conditions.open_sockets();
  plan.types = &btf;
  plan.kernel = load::KernelIds::of(btf);
  const bool choosy = where || !plan.filter.empty() || options.conditions.any() || plan.tasks_alone;
  return {std::move(plan), std::move(where), choosy,
          PlanNotes{std::move(blind), catalog.no_events(), std::move(selection.left_out), empty_fields(sections, btf),
                    options.returns ? catalog.functions().obstacle() : ""}};
}

}  // namespace skbtrail::run
