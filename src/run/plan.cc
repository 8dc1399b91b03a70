#include "run/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <set>

#include "attach/packet_lives.h"
#include "event/decider.h"
#include "kernel/pid_namespace.h"
#include "load/follow_map.h"
#include "run/drop_reasons.h"
#include "run/empty_fields.h"
#include "run/errors.h"
#include "run/tracers.h"
#include "run/where.h"
#include "text/nearest.h"

namespace skbtrail::run {

namespace {

bool may_want_functions(const TraceOptions& options) {
  if (options.probes.backend == load::Backend::tracepoint) return false;
  const auto has_group = [](const std::string& word) { return word.find(':') != std::string::npos; };
  return options.probes.tracers.empty() ||
         !std::all_of(options.probes.tracers.begin(), options.probes.tracers.end(), has_group);
}

// Every word but `all` may be one of the tree.
bool may_want_tree(const TraceOptions& options) {
  return options.probes.tracers != std::vector<std::string>{"all"} || !options.probes.excluded.empty() ||
         !options.sections.stack_at.empty();
}

filter::KnownNames known_names(const kernel::DropReasons& reasons, const std::vector<probe::Probe>& all) {
  filter::KnownNames names{reasons.names(), {}};
  for (const auto& probe : all) names.probes.push_back(probe.name);
  return names;
}

// What rules ask of steps.
uint32_t sections_of_rules(const diagnose::Rules& rules) {
  uint32_t sections = 0;
  const auto add = [&](const diagnose::Pattern& pattern) {
    if (pattern.step) sections |= event::sections_of(pattern.step->fields);
  };
  for (const auto& rule : rules.all()) add(rule.pattern);
  for (const auto& mark : rules.marks()) add(mark.pattern);
  return sections;
}

// No packet begins to be followed at its end, or where the skb may be another's.
bool may_begin(const probe::Probe& probe) {
  return probe.has_skb() && !probe.config.skb_not_owned && probe.config.ends == END_NOT;
}

// --exact where not every end of a packet is seen.
load::Follows by_memory(const TraceOptions& options, const load::KernelIds& kernel, const kernel::Btf& btf) {
  const std::string obstacle = kernel.bytes_type == 0 ? "the slab's events are enough from Linux 6.2 on alone"
                                                      : attach::PacketLives::obstacle_to_memory(btf);
  if (obstacle.empty()) return load::Follows::memory;
  throw RunError(
      fmt::format("--exact: not every end of an skb is seen {}, and {}; 'skbtrail doctor' says why, and --follow does "
                  "what is possible",
                  options.probes.backend == load::Backend::tracepoint ? "with --backend tracepoint"
                                                                      : "without fentry on this kernel",
                  obstacle));
}

// Where not every end of a packet is seen its content is looked at as well, which takes what kernels have since 6.2.
load::Follows follows(const TraceOptions& options, const std::vector<probe::Probe>& chosen,
                      const load::KernelIds& kernel, const kernel::Btf& btf) {
  if (!options.may_follow()) return load::Follows::nothing;
  if (options.following.mode == Follow::automatic && !options.asks_for_trails() &&
      std::none_of(chosen.begin(), chosen.end(), may_begin))
    return load::Follows::nothing;
  if (options.probes.backend != load::Backend::tracepoint &&
      attach::PacketLives::sees_every_end(load::running_kernel(), btf))
    return load::Follows::every_life;
  if (options.following.mode == Follow::exactly) return by_memory(options, kernel, btf);
  if (kernel.bytes_type != 0) return load::Follows::content;
  if (options.following.mode == Follow::always)
    throw RunError(
        "--follow: with tracepoints alone this takes Linux 6.2 (bpf_rdonly_cast); before, it takes functions (fentry)");
  return load::Follows::nothing;
}

// Probes at which the conditions cannot be evaluated, so that none of their hits would be shown: where there is no skb,
// or it is another's by then. Without an skb there is no packet of a connection that is skipped. A packet that is
// followed is known there all the same; but where nobody asked for that, lines without a packet say little.
std::vector<std::string> skip_without_skb(const TraceOptions& options, bool follows,
                                          std::vector<probe::Probe>& probes) {
  const bool known = follows && (options.following.mode != Follow::automatic || options.asks_for_trails());
  std::vector<std::string> without_skb;
  if (options.filter.packet.empty() && !options.filter.conditions.mark) return without_skb;
  std::erase_if(probes, [&](const probe::Probe& probe) {
    if (known && (probe.has_skb() || probe.finds_skb())) return false;
    const bool is_skipped = probe.config.skb_not_owned && (options.filter.own_connection.empty() || probe.has_skb());
    if (is_skipped) without_skb.push_back(probe.name);
    return is_skipped;
  });
  if (probes.empty())
    throw UsageError(fmt::format("{}: hits have no skb, so a condition on the packet cannot be evaluated there",
                                 fmt::join(without_skb, ", ")));
  return without_skb;
}

// What became of a packet is told by its free, whatever else is traced.
std::vector<std::string> tracers_of(const TraceOptions& options) {
  auto tracers = options.probes.tracers;
  if (options.trails.shown && !tracers.empty()) tracers.insert(tracers.end(), {"skb:kfree_skb", "skb:consume_skb"});
  return tracers;
}

void check_stack_words(const TraceOptions& options, const std::vector<probe::Probe>& chosen) {
  for (const auto& word : options.sections.stack_at)
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
  return options.sections.stack_at.empty() ||
         std::any_of(options.sections.stack_at.begin(), options.sections.stack_at.end(),
                     [&](const auto& word) { return probe.is_named_by(word); });
}

// What functions decide is told by their returns, which cost more than their entries: of the default set only with
// trails, or if it is named.
bool wants_decisions(const TraceOptions& options, uint32_t where_sections) {
  return !options.probes.tracers.empty() || options.trails.shown ||
         ((options.sections.named | where_sections) & event::kDeciderSections);
}

// A rule is told of where it is traced, as the function is entered: that costs no more than the entry.
bool tells_rules(const probe::Probe& probe) {
  const event::Decider* decider = probe.function ? event::decider_of(probe.name) : nullptr;
  return decider && decider->answer == event::Answer::rule;
}

// By its name, and not by a group or because it is of the default set.
bool is_traced_by_name(const TraceOptions& options, const probe::Probe& probe) {
  const auto& words = options.probes.tracers;
  return std::any_of(words.begin(), words.end(), [&](const auto& word) {
    return probe.is_named_by(word) && std::find(probe.groups.begin(), probe.groups.end(), word) == probe.groups.end();
  });
}

// enum returns. A decision is one event, the return.
uint8_t wanted_returns(const TraceOptions& options, const probe::Probe& probe, bool decisions) {
  if (!probe.function) return RETURNS_NOT;
  const event::Decider* decider = event::decider_of(probe.name);
  const bool tells_refusals = decisions && decider && decider->answer == event::Answer::refusal;
  const bool named = std::any_of(options.probes.returns_of.begin(), options.probes.returns_of.end(),
                                 [&](const auto& word) { return probe.is_named_by(word); });
  if (options.probes.returns || named) return RETURNS_TOO;
  if (tells_rules(probe)) return RETURNS_NOT;
  if (tells_refusals && !is_traced_by_name(options, probe)) return RETURNS_REFUSALS;
  return probe.program || probe.config.sections & event::kDeciderSections || tells_refusals ? RETURNS_ALONE
                                                                                            : RETURNS_NOT;
}

// In trails what addresses become is told where they are changed.
bool tells_translation(const TraceOptions& options, const probe::Probe& probe) {
  return options.trails.shown && probe.function && probe.name.starts_with("nf_nat_manip_pkt");
}

// Tracepoints, BPF programs, functions.
int rank(const probe::Probe& probe) {
  if (probe.program) return 1;
  return probe.function ? 2 : 0;
}

// Beside what is chosen already, in its order: by kind, and by name.
void add_probes(std::vector<probe::Probe>& all, const std::vector<probe::Probe>& more) {
  for (const auto& probe : more) {
    const auto is_it = [&](const auto& other) { return other.name == probe.name && rank(other) == rank(probe); };
    if (std::any_of(all.begin(), all.end(), is_it)) continue;
    const auto comes_later = [&](const auto& other) {
      return std::pair(rank(other), std::string_view(other.name)) >
             std::pair(rank(probe), std::string_view(probe.name));
    };
    all.insert(std::find_if(all.begin(), all.end(), comes_later), probe);
  }
}

// Its sections have what it hands out.
void exclude_arguments(probe::Probe& probe) {
  probe.format = nullptr;
  probe.config.sections &= ~uint32_t{REC_SECTION_ARGS};
  probe.config.args_from = ARGS_FROM_CONTEXT;
  probe.config.args_size = probe.config.args_skb = 0;
}

// A datagram is delivered when it is in its socket's queue: functions tell, or that its reader is woken (Linux 6.3).
// That it is read no function tells (copy_linear_skb() is inlined), and it may be freed long after the run, by another
// CPU (skb_attempt_defer_free(), Linux 5.19), or without any event.
void add_deliveries(const TraceOptions& options, bool functions, probe::Catalog& catalog, probe::Selection& selection) {
  if (!options.probes.tracers.empty() || (!options.trails.shown && !options.following.for_events)) return;
  const std::vector<std::string> deliveries =
      functions
          ? std::vector<std::string>{"__udp_enqueue_schedule_skb", "sock_queue_rcv_skb_reason", "sock_queue_rcv_skb"}
          : std::vector<std::string>{"sk_data_ready"};
  auto chosen = catalog.select(deliveries, options.probes.excluded, options.sections.args, false).chosen;
  if (!options.sections.args)
    for (auto& probe : chosen) exclude_arguments(probe);
  add_probes(selection.chosen, chosen);
}

// Where packets are sent, and who has their next hops, is told by tracepoints alone.
void add_routes(const TraceOptions& options, probe::Catalog& catalog, probe::Selection& selection) {
  if (!options.probes.tracers.empty() || !options.trails.shown) return;
  const std::vector<std::string> routes = {"fib_table_lookup", "fib6_table_lookup", "neigh_event_send_done",
                                           "neigh_update", "neigh_timer_handler"};
  auto chosen = catalog.select(routes, options.probes.excluded, options.sections.args, false).chosen;
  if (!options.sections.args)
    for (auto& probe : chosen) exclude_arguments(probe);
  add_probes(selection.chosen, chosen);
}

// -o drop shows nothing else.
void refuse_drops_alone(const TraceOptions& options, const probe::Selection& selection) {
  if (options.display.layout != output::find_layout("drop")) return;
  const auto tells_drops = [](const probe::Probe& probe) {
    return (probe.config.sections & REC_SECTION_DROP) != 0 && probe.name != "consume_skb";
  };
  if (std::none_of(selection.chosen.begin(), selection.chosen.end(), tells_drops))
    throw UsageError("-o drop shows drops alone, and nothing that is traced tells of any; -t kfree_skb does");
}

// nettrace's timeline is of probes that have the skb among their arguments, and waits for its end: what happens on the
// packet's stack after that would keep it waiting.
void keep_to_arguments(const TraceOptions& options, probe::Selection& selection) {
  if (options.display.layout != output::find_layout("nettrace")) return;
  std::erase_if(selection.chosen, [](const probe::Probe& probe) { return probe.finds_skb(); });
}

// Both tracers of --between are traced, too: beside the default set, or what was named.
std::vector<probe::Selection> add_between(const TraceOptions& options, probe::Catalog& catalog,
                                          probe::Selection& selection) {
  std::vector<probe::Selection> ends;
  for (const auto& word : options.trails.between) {
    ends.push_back(catalog.select({word}, {}, options.sections.args, !options.sections.stack_at.empty()));
    if (!ends.back().unknown.empty()) throw UsageError("--between: " + ends.back().unknown.front());
    if (ends.back().chosen.empty())
      throw RunError(fmt::format("--between: {} cannot be traced here: {}", word, ends.back().skipped.front().reason));
    add_probes(selection.chosen, ends.back().chosen);
  }
  return ends;
}

output::IsAt is_at(const probe::Selection& end) {
  std::set<std::string, std::less<>> names;
  for (const auto& probe : end.chosen) names.insert(probe.name);
  return
      [names = std::move(names)](const event::Names& all, uint16_t probe) { return names.contains(all.probe(probe)); };
}

std::optional<output::BetweenChoice> between_of(const TraceOptions& options,
                                                const std::vector<probe::Selection>& ends) {
  if (ends.empty()) return std::nullopt;
  output::BetweenChoice choice{options.trails.between.front(), options.trails.between.back(), {}, {}};
  choice.is_at_from = is_at(ends.front());
  choice.is_at_to = is_at(ends.back());
  return choice;
}

std::string_view name_of(load::Backend backend) {
  if (backend == load::Backend::kprobe) return "kprobe";
  return backend == load::Backend::fentry ? "fentry" : "kprobe-multi";
}

// Where functions are asked for and none can be traced here, why; else empty.
std::string lacks_functions(const TraceOptions& options, probe::Catalog& catalog, const probe::Selection& selection) {
  const bool by_backend =
      options.probes.backend != load::Backend::automatic && options.probes.backend != load::Backend::tracepoint;
  const auto has_group = [](const std::string& word) { return word.find(':') != std::string::npos; };
  const bool by_tracer = options.probes.functions_alone && !selection.skipped.empty() &&
                         std::none_of(options.probes.tracers.begin(), options.probes.tracers.end(), has_group);
  if (!by_backend && !by_tracer) return "";
  const std::string& obstacle = catalog.functions().obstacle();
  if (obstacle.empty()) return "";
  if (by_backend)
    return fmt::format("--backend {}: no function can be traced: {}", name_of(options.probes.backend), obstacle);
  // Beside its tracers a group has a row of its own.
  const auto is_group = [&](const auto& skipped) {
    const auto& words = options.probes.tracers;
    return skipped.reason != obstacle && std::find(words.begin(), words.end(), skipped.name) != words.end();
  };
  const auto groups = std::count_if(selection.skipped.begin(), selection.skipped.end(), is_group);
  return fmt::format("none of the {} functions of {} can be traced: {}",
                     selection.skipped.size() - static_cast<size_t>(groups), fmt::join(options.probes.tracers, ", "),
                     obstacle);
}

}  // namespace

ReadAhead read_ahead(const TraceOptions& options) {
  const auto when = may_want_tree(options) ? std::launch::async : std::launch::deferred;
  const auto tree = std::async(when, [&options] { return tree_of(options.probes); }).share();
  if (!options.probes.tracer_files.empty()) tree.get();  // a wrong file is a wrong command line
  ReadAhead ahead{may_want_functions(options) ? probe::Functions::read_ahead() : probe::Functions::of_kernel(),
                  [tree] { return tree.get(); }};
  if (options.probes.backend == load::Backend::tracepoint)
    ahead.functions.obstacle = [] { return std::string("--backend tracepoint traces no functions"); };
  return ahead;
}

probe::Catalog catalog_of(const kernel::Btf& btf, load::Backend backend, ReadAhead ahead) {
  const bool functions = backend != load::Backend::automatic && backend != load::Backend::tracepoint;
  return {btf,
          [] { return std::make_unique<kernel::Tracefs>(); },
          std::move(ahead.functions),
          functions ? probe::Prefer::functions : probe::Prefer::tracepoints,
          std::move(ahead.tree),
          kernel::bpf_programs_of_kernel};
}

Intent make_plan(const TraceOptions& options, const kernel::Btf& btf, const kernel::DropReasons& reasons,
                 const Targets& targets, ReadAhead ahead) {
  auto catalog = catalog_of(btf, options.probes.backend, std::move(ahead));
  auto selection = catalog.select(tracers_of(options), options.probes.excluded, options.sections.args,
                                  !options.sections.stack_at.empty());
  if (!selection.unknown.empty()) throw UsageError(selection.unknown.front());
  if (const auto lack = lacks_functions(options, catalog, selection); !lack.empty()) throw RunError(lack);
  if (selection.chosen.empty() && !selection.skipped.empty())
    throw RunError(
        fmt::format("nothing can be traced: {}: {}", selection.skipped.front().name, selection.skipped.front().reason));
  if (selection.chosen.empty()) throw UsageError("--exclude leaves nothing to trace");
  const auto kernel = load::KernelIds::of(btf);
  const auto follow = follows(options, selection.chosen, kernel, btf);
  if (follow != load::Follows::nothing) {
    add_deliveries(options, follow == load::Follows::every_life, catalog, selection);
    add_routes(options, catalog, selection);
  }
  refuse_drops_alone(options, selection);
  keep_to_arguments(options, selection);
  const auto ends = add_between(options, catalog, selection);
  check_stack_words(options, selection.chosen);
  std::vector<std::string> absent;
  const std::string condition = condition_on_drops(options.filter, reasons.names(), absent);
  auto where = make_where(condition, known_names(reasons, selection.chosen));
  if (where) check_arguments(*where, selection.chosen);

  auto without_skb = skip_without_skb(options, follow != load::Follows::nothing, selection.chosen);
  if (!options.recording.destinations.empty()) catalog.add_groups(selection.chosen);

  stream::Plan plan;
  plan.follows = follow;
  plan.conversations = options.following.conversations;
  plan.track = options.following.packets;
  plan.track_age = options.following.age;
  plan.follow_hash = follow != load::Follows::nothing && !load::exchanges_atomically(load::running_kernel());
  // Conditions on the device are evaluated from its section, so that one is always there.
  uint32_t sections = event::sections_of(options.display.fields) | REC_SECTION_DEVICE | REC_SECTION_RESULT;
  if (options.trails.shown) sections |= REC_SECTION_ROUTE | REC_SECTION_NEIGH;
  if (options.trails.shown || options.following.for_events)
    sections |= REC_SECTION_TASK | REC_SECTION_DROP | REC_SECTION_BYTES;
  const uint32_t where_sections = where ? event::sections_of(where->fields()) : 0;
  sections |= where_sections;
  if (options.trails.rules) sections |= sections_of_rules(*options.trails.rules);
  // Where no reason is told, the call path has to do.
  const bool without_reasons = options.filter.drops && reasons.names().empty();
  if (without_reasons) sections |= REC_SECTION_STACK;
  if (options.filter.drops) sections |= REC_SECTION_DROP | REC_SECTION_TASK | REC_SECTION_BYTES;
  // A recording keeps all that costs little, so that it can be asked later.
  if (!options.recording.destinations.empty()) sections |= event::sections_of(event::default_keys(true));
  const bool decisions = wants_decisions(options, where_sections);
  if (!decisions) sections &= ~event::kDeciderSections;
  for (auto& probe : selection.chosen) {
    // Which program it was, and what it answered, is what its event is about.
    uint32_t wanted = probe.program ? sections | REC_SECTION_PROGRAM : sections;
    if (tells_translation(options, probe)) wanted |= REC_SECTION_NAT;
    if (tells_rules(probe)) wanted |= event::kDeciderSections;
    probe.config.sections &= wanted;
    if (follow == load::Follows::nothing)
      probe.config.ends = END_NOT;
    else if (probe.has_skb() || probe.finds_skb() ||
             probe.config.result_arg != SKBTRAIL_NO_ARG)  // what is answered is joined by the stack
      probe.config.sections |= REC_SECTION_FOLLOW;
    if (!wants_stack(options, probe)) probe.config.sections &= ~static_cast<__u32>(REC_SECTION_STACK);
    probe.config.returns = wanted_returns(options, probe, decisions);
    if (probe.config.returns) probe.config.sections |= REC_SECTION_RESULT;
    plan.probes.push_back(std::move(probe));
  }
  plan.conditions = options.filter.conditions;
  plan.netns_moves = targets.netns_moves();
  plan.links_asked_for = targets.has_links();
  plan.targets = targets.now();
  plan.filter_excludes = !options.filter.own_connection.empty();
  plan.tasks_alone = options.filter.command_only || !options.filter.processes.empty();
  if (plan.tasks_alone) plan.tasks_namespace = kernel::own_pid_namespace();
  plan.snaplen = options.sections.snaplen;
  plan.backend = options.probes.backend;
  plan.ring_bytes = options.run.buffer_bytes;
  plan.stacks = options.sections.stacks;
  plan.keeps_lines = options.notices.verbose;
  plan.filter = options.filter.packet;
  plan.owned_inodes = options.filter.conditions.open_sockets();
  plan.types = &btf;
  plan.kernel = kernel;
  const bool choosy = where || !plan.filter.empty() || options.filter.conditions.any() || plan.tasks_alone ||
                      (options.shows_drops() && plan.probes.size() > 1);
  return {
      std::move(plan), std::move(where), choosy,
      PlanNotes{std::move(without_skb), catalog.no_events(), std::move(selection.skipped), empty_fields(sections, btf),
                options.probes.returns ? catalog.functions().obstacle() : "", std::move(absent),
                ProgramWords{options.probes.tracers, options.probes.excluded, catalog.programs().last()},
                without_reasons},
      between_of(options, ends)};
}

}  // namespace skbtrail::run
