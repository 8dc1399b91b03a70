#include "probe/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "probe/probe_name.h"
#include "probe/sent_arguments.h"
#include "text/glob.h"
#include "text/nearest.h"

namespace skbtrail::probe {

namespace {

struct Word {
  std::string group;  // empty: none was given
  std::string event;
};

Word understood(const std::string& word) {
  const auto colon = word.find(':');
  if (colon == std::string::npos) return {"", word};
  return {word.substr(0, colon), word.substr(colon + 1)};
}

// Events in the group `ftrace` describe records of other tracers and cannot be switched on
// (kernel/trace/trace_export.c).
constexpr std::string_view kNotEvents = "ftrace";

constexpr std::string_view kAll = "all";

// Replaces one that has no arguments yet.
void add(std::map<std::string, Probe>& chosen, Probe probe) {
  const auto [known, added] = chosen.try_emplace(probe.name, probe);
  if (!added && probe.format) known->second = std::move(probe);
}

// A group was named, and so it is told where nothing of it can be traced; that of its tracers is not.
template <typename Named>
std::string why_nothing_of_it(const Named& group) {
  if (group.skipped.empty() || !group.tracepoints.empty() || !group.programs.empty() || !group.functions.empty())
    return "";
  const auto& [name, reason, by_name] = group.skipped.front();
  const auto is_function = [](const SkippedName& it) { return !is_tracepoint_name(it.name); };
  const bool functions = std::all_of(group.skipped.begin(), group.skipped.end(), is_function);
  const bool alike = std::all_of(group.skipped.begin(), group.skipped.end(),
                                 [&why = reason](const SkippedName& it) { return it.reason == why; });
  return fmt::format("none of its {} {} can be traced here: {}{}", group.skipped.size(),
                     functions ? "functions" : "tracers", alike ? "" : name + ": ", reason);
}

}  // namespace

Catalog::Catalog(const kernel::Btf& btf, OpenEvents open, Functions::Sources functions, Prefer prefer,
                 OpenTree open_tree, Programs::Open open_programs)
    : btf_(btf),
      open_(std::move(open)),
      functions_(btf, std::move(functions)),
      programs_(std::move(open_programs)),
      prefer_(prefer),
      open_tree_(std::move(open_tree)) {
  for (auto& tracepoint : btf.tracepoints()) {
    if (auto probe = probe_of(tracepoint); probe.has_skb()) with_skb_.push_back(std::move(probe));
    typed_.try_emplace(tracepoint.name, std::move(tracepoint));
  }
  std::sort(with_skb_.begin(), with_skb_.end(), [](const Probe& a, const Probe& b) { return a.name < b.name; });
}

const kernel::TraceEvents* Catalog::events() {
  if (!asked_) {
    asked_ = true;
    try {
      events_ = open_();
      groups_ = groups_by_event(*events_);
    } catch (const kernel::TracefsError& error) {
      events_.reset();
      no_events_ = error.what();
    }
  }
  return events_.get();
}

const TracerTree* Catalog::tree() {
  if (!tree_ && open_tree_) tree_ = open_tree_();
  return tree_.get();
}

std::string Catalog::group_of(const std::string& event) {
  if (!events()) return "";
  const auto found = groups_.find(event);
  return found == groups_.end() ? "" : found->second;
}

std::optional<Probe> Catalog::typed_probe(const std::string& name) const {
  const auto found = typed_.find(name);
  return found == typed_.end() ? std::nullopt : std::optional(probe_of(found->second));
}

// What the probe hands out: by the format file, else by its arguments.
void Catalog::add_format(Probe& probe, const std::string& group) {
  std::optional<std::string> text;
  if (!group.empty() && events()) text = events()->format(group, probe.name);
  try {
    if (text) probe.format = std::make_shared<event::EventFormat>(event::EventFormat::parse(group, std::move(*text)));
  } catch (const std::invalid_argument&) {
    text.reset();  // a file that is none of what this kernel's version should write: BTF knows enough
  }
  if (!probe.format) {
    if (!probe.typed) return;
    std::vector<event::RawArgument> arguments;
    for (auto& argument : btf_.tracepoint_arguments(probe.name))
      arguments.push_back({std::move(argument.name), std::move(argument.type), argument.size, argument.is_signed});
    probe.format = std::make_shared<event::EventFormat>(event::EventFormat::of_arguments(probe.name, arguments));
  }
  probe_config& config = probe.config;
  config.args_from = probe.has_perf_event() && probe.typed ? ARGS_FROM_STASH : ARGS_FROM_CONTEXT;
  config.args_size = static_cast<__u16>(probe.format->bytes_to_copy(SKBTRAIL_ARGS_MAX));
  config.sections |= REC_SECTION_ARGS;
  const event::FormatField* skb = probe.has_perf_event() && probe.has_skb() ? probe.format->find("skbaddr") : nullptr;
  if (skb && skb->size == sizeof(uint64_t) && skb->offset + skb->size <= config.args_size)
    config.args_skb = static_cast<__u16>(skb->offset);
}

std::vector<Probe> Catalog::in_group(const std::string& group, const std::string& event) {
  std::vector<Probe> found;
  if (!events()) {
    auto probe = text::is_glob(event) ? std::nullopt : typed_probe(event);
    if (probe) add_format(*probe, "");
    if (probe) found.push_back(std::move(*probe));
    return found;
  }
  for (const auto& [name, its_group] : groups_) {
    if (its_group == kNotEvents || !text::matches_glob(group, its_group) || !text::matches_glob(event, name)) continue;
    auto probe = typed_probe(name);
    if (!probe) {
      probe = probe_of(kernel::Tracepoint{name, "vmlinux", {}});
      probe->typed = false;
      probe->config.perf_event = true;
    }
    add_format(*probe, its_group);
    if (probe->format) found.push_back(std::move(*probe));
  }
  return found;
}

std::vector<Probe> Catalog::tracepoints_named(const std::string& word, bool with_args) {
  const auto [group, event] = understood(word);
  if (!group.empty()) return in_group(group, event);
  std::vector<Probe> found;
  for (const auto& probe : with_skb_)
    if (text::matches_glob(word, probe.name)) found.push_back(probe);
  if (!found.empty() || text::is_glob(word)) {
    if (with_args)
      for (auto& probe : found) add_format(probe, group_of(probe.name));
    return found;
  }
  if (auto probe = typed_probe(word)) {
    add_format(*probe, group_of(word));
    found.push_back(std::move(*probe));
    return found;
  }
  const std::string its_group = group_of(word);
  return its_group.empty() ? found : in_group(its_group, word);
}

void Catalog::add_function(const std::string& name, Named& named) {
  const Candidate* candidate = functions_.find(name);
  if (!candidate) return;
  const std::string& reason = functions_.obstacle().empty() ? candidate->obstacle : functions_.obstacle();
  if (reason.empty())
    named.functions.push_back(functions_.probe(*candidate));
  else
    named.skipped.push_back({name, reason});
}

// What a glob brings along and cannot be traced is skipped without a word: it was not asked for by name.
void Catalog::add_functions(const std::string& glob, Named& named) {
  if (!functions_.obstacle().empty()) return;
  const auto add_those = [&](bool with_skb) {
    for (const auto& candidate : functions_.all())
      if (candidate.function.has_skb() == with_skb && candidate.obstacle.empty() &&
          text::matches_glob(glob, candidate.function.name))
        named.functions.push_back(functions_.probe(candidate));
  };
  add_those(true);
  if (named.functions.empty() && named.tracepoints.empty()) add_those(false);
}

std::string Catalog::why_not(const std::string& name) {
  if (is_tracepoint_name(name))
    return typed_.contains(understood(name).event) ? "" : "this kernel has no such tracepoint";
  if (!functions_.obstacle().empty()) return functions_.obstacle();
  if (const Candidate* candidate = functions_.find(name)) return candidate->obstacle;
  const std::string reason = functions_.why_unknown(name);
  return reason.empty() ? "this kernel has no such function, or its module is not loaded" : reason;
}

void Catalog::add_tracer(const Tracer& tracer, bool by_name, bool with_args, Named& named) {
  const NameChoice choice = choose_name(tracer, [this](const std::string& name) { return why_not(name); });
  if (choice.how == NameChoice::How::not_here) return named.skipped.push_back({choice.name, choice.why, by_name});
  if (choice.how == NameChoice::How::function) return add_function(choice.name, named);
  auto probe = typed_probe(understood(choice.name).event);
  if (with_args || !probe->has_skb()) add_format(*probe, understood(choice.name).group);
  named.tracepoints.push_back(std::move(*probe));
}

// Without functions every tracepoint with an skb is few enough, and says more than those that the tree names.
Catalog::Named Catalog::default_set(bool with_args) {
  Named found;
  if (!open_tree_ || !functions_.obstacle().empty() || prefer_ == Prefer::functions) {
    if (prefer_ == Prefer::functions) return named(std::string(kAll), with_args);
    found.tracepoints = tracepoints_named("*", with_args);
    return found;
  }
  for (const Tracer* tracer : tree()->default_set()) add_tracer(*tracer, false, with_args, found);
  return found;
}

// What a glob brings along and cannot be traced is left out with a word, for there are few of them.
Catalog::Named Catalog::named_programs(const std::string& word) {
  Named found;
  const auto programs = programs_.named(word);
  if (programs.empty() && !programs_.obstacle().empty()) found.skipped.push_back({word, programs_.obstacle()});
  if (programs.empty() && found.empty() && text::is_glob(word) && programs_.all().empty())
    found.skipped.push_back({word, "no XDP or tc program is loaded"});
  for (const auto* known : programs) {
    const std::string& own = known->program.obstacle;
    if (own.empty() && programs_.obstacle().empty())
      found.programs.push_back(Programs::probe(*known));
    else
      found.skipped.push_back({known->name, own.empty() ? programs_.obstacle() : own});
  }
  return found;
}

// What a group includes and no tree has: as if it had been written after -t. It is no group.
// NOLINTNEXTLINE(misc-no-recursion): once
void Catalog::add_outside(const std::string& group, const std::string& word, bool with_args, Named& to) {
  Named found = named(word, with_args);
  for (auto& probe : found.tracepoints) to.tracepoints.push_back(std::move(probe));
  for (auto& probe : found.programs) to.programs.push_back(std::move(probe));
  for (auto& probe : found.functions) to.functions.push_back(std::move(probe));
  for (auto& skipped : found.skipped) to.skipped.push_back(std::move(skipped));
  if (found.empty())
    to.skipped.push_back({word, fmt::format("the group '{}' includes it, and {}", group, refusal(word))});
}

// NOLINTNEXTLINE(misc-no-recursion): see add_outside()
Catalog::Named Catalog::named(const std::string& word, bool with_args) {
  if (is_program_word(word)) return named_programs(word);
  Named found;
  if (word != kAll && tree() && tree()->group(word)) {
    for (const Tracer* tracer : tree()->find(word)) add_tracer(*tracer, false, with_args, found);
    for (const auto& outside : tree()->outside(word)) add_outside(word, outside, with_args, found);
    if (auto reason = why_nothing_of_it(found); !reason.empty())
      found.skipped.insert(found.skipped.begin(), {word, std::move(reason)});
    return found;
  }
  const bool prefers_functions = prefer_ == Prefer::functions && word.find(':') == std::string::npos;
  if (word == kAll) {
    add_functions("*", found);
    if (found.functions.empty() && !prefers_functions) found.tracepoints = tracepoints_named("*", with_args);
  } else if (text::is_glob(word)) {
    if (!prefers_functions) found.tracepoints = tracepoints_named(word, with_args);
    if (word.find(':') == std::string::npos) add_functions(word, found);
  } else if (prefers_functions) {
    add_function(word, found);
    if (found.functions.empty()) found.tracepoints = tracepoints_named(word, with_args);
  } else {
    found.tracepoints = tracepoints_named(word, with_args);
    if (found.tracepoints.empty()) add_function(word, found);
  }
  // A name that is another one on this kernel, or that is known and not there.
  const bool group_glob = text::is_glob(word) && is_tracepoint_name(word);
  if (found.empty() && !group_glob && tree())
    for (const Tracer* tracer : tree()->find(word)) add_tracer(*tracer, !text::is_glob(word), with_args, found);
  if (found.empty() && !is_tracepoint_name(word) && functions_.obstacle().empty())
    if (auto reason = functions_.why_unknown(word); !reason.empty()) found.skipped.push_back({word, std::move(reason)});
  return found;
}

std::string Catalog::refusal_of_program(const std::string& word) {
  std::vector<std::string> names;
  for (const auto& known : programs_.all()) names.push_back(known.name);
  if (names.empty()) return fmt::format("no XDP or tc program is loaded, and so none is called '{}'", word);
  const std::string near = text::nearest(word, names);
  return fmt::format("no XDP or tc program is called '{}'{}", word,
                     near.empty() ? "; 'skbtrail list bpf:*' prints them" : "; did you mean '" + near + "'?");
}

std::string Catalog::refusal(const std::string& word) {
  if (is_program_word(word)) return refusal_of_program(word);
  const auto [group, event] = understood(word);
  if (!group.empty() && !events())
    return fmt::format("'{}' cannot be looked up: {}; a tracepoint's whole name works without its group", word,
                       no_events_);
  std::vector<std::string> names;
  if (group.empty()) {
    for (const auto& [name, tracepoint] : typed_) names.push_back(name);
  } else {
    for (const auto& [name, its_group] : groups_) names.push_back(fmt::format("{}:{}", its_group, name));
  }
  if (group.empty())
    for (const auto& candidate : functions_.all()) names.push_back(candidate.function.name);
  if (group.empty() && tree())
    for (auto& known : tree()->words()) names.push_back(std::move(known));
  const std::string near = text::nearest(word, names);
  return fmt::format("no tracepoint{} is called '{}' on this kernel{}",
                     group.empty() ? " and no function with an skb" : "", word,
                     near.empty() ? "; 'skbtrail list' prints them" : "; did you mean '" + near + "'?");
}

Selection Catalog::select(const std::vector<std::string>& wanted, const std::vector<std::string>& unwanted,
                          bool with_args, bool with_groups) {
  Selection selection;
  std::map<std::string, Probe> tracepoints, programs, functions;
  const auto take = [&](Named found) {
    for (auto& probe : found.tracepoints) add(tracepoints, std::move(probe));
    for (auto& probe : found.programs) programs.try_emplace(probe.name, std::move(probe));
    for (auto& probe : found.functions) functions.try_emplace(probe.name, std::move(probe));
    for (auto& skipped : found.skipped) selection.skipped.push_back(std::move(skipped));
  };
  if (wanted.empty()) take(default_set(with_args));
  for (const auto& word : wanted) {
    Named found = named(word, with_args);
    if (found.empty()) selection.unknown.push_back(refusal(word));
    take(std::move(found));
  }
  if ((with_groups || !unwanted.empty()) && tree())
    for (auto* probes : {&tracepoints, &functions})
      for (auto& [name, probe] : *probes)
        if (const Tracer* tracer = tree()->of_probe(name)) probe.groups = tracer->path;
  for (const auto& word : unwanted) {
    const Named taken_away = named(word, false);
    if (taken_away.empty()) selection.unknown.push_back(refusal(word));
    // A word for many, such as all, need be the name of none of them.
    if (word.find(':') == std::string::npos) {
      for (const auto& probe : taken_away.tracepoints) tracepoints.erase(probe.name);
      for (const auto& probe : taken_away.functions) functions.erase(probe.name);
    }
    std::erase_if(tracepoints, [&](const auto& entry) {
      const Probe& probe = entry.second;
      if (is_tracepoint_name(word) && !probe.format) return names_probe(word, group_of(probe.name), probe.name);
      return probe.is_named_by(word);
    });
    std::erase_if(functions, [&](const auto& entry) { return entry.second.is_named_by(word); });
    for (const auto& probe : taken_away.programs) programs.erase(probe.name);
  }
  for (auto& [name, probe] : tracepoints) {
    name_reset_reasons(probe, btf_);
    selection.chosen.push_back(std::move(probe));
  }
  for (auto& [name, probe] : programs) selection.chosen.push_back(std::move(probe));
  for (auto& [name, probe] : functions) {
    name_reset_reasons(probe, btf_);
    selection.chosen.push_back(std::move(probe));
  }
  return selection;
}

void Catalog::add_groups(std::vector<Probe>& probes) {
  for (auto& probe : probes)
    if (!probe.function && !probe.format) probe.group = group_of(probe.name);
}

std::vector<std::string> Catalog::names() {
  std::vector<std::string> names;
  if (events())
    for (const auto& [name, group] : groups_)
      if (group != kNotEvents) names.push_back(fmt::format("{}:{}", group, name));
  for (const auto& [name, tracepoint] : typed_)
    if (!groups_.contains(name)) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<Probe> Catalog::probe(const std::string& name) {
  auto found = tracepoints_named(name, true);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

}  // namespace skbtrail::probe
