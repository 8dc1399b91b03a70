#include "probe/tracer_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "probe/probe_name.h"
#include "probe/tracer_reading.h"
#include "text/glob.h"
#include "text/nearest.h"

extern "C" {
extern const char skbtrail_tracers_begin[];
extern const char skbtrail_tracers_end[];
}

namespace skbtrail::probe {

namespace {

constexpr std::string_view kRoot = "all";

std::string_view without_group(std::string_view tracepoint) {
  return tracepoint.substr(tracepoint.find(':') + 1);  // npos + 1 is 0
}

bool has_name_like(const Tracer& tracer, const std::string& glob) {
  const auto fits = [&](std::string_view name) { return text::matches_glob(glob, std::string(name)); };
  return std::any_of(tracer.names.begin(), tracer.names.end(), [&](const std::string& name) {
    return fits(name) || (is_tracepoint_name(name) && fits(without_group(name)));
  });
}

// Names that one file has twice.
class Once {
 public:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the file
  void see(const TracerGroup& group) {
    see(group.name, group.written_at);
    for (const auto& tracer : group.tracers) {
      for (const auto& name : tracer.names) see(name, tracer.written_at);
      if (!tracer.stand_in.empty()) see(tracer.stand_in, tracer.written_at);
    }
    for (const auto& inner : group.groups) see(inner);
  }

 private:
  void see(const std::string& name, const std::string& written_at) {
    const auto [before, is_new] = places_.emplace(name, written_at);
    if (is_new) return;
    throw TracerFileError(
        fmt::format("{}: '{}' is already at {}; each name comes once, and 'includes: [{}]' lets "
                    "another group have it, too",
                    written_at, name, before->second, name));
  }

  std::map<std::string, std::string> places_;
};

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
TracerGroup* find_group(TracerGroup& within, std::string_view name) {
  if (within.name == name) return &within;
  for (auto& group : within.groups)
    if (auto* found = find_group(group, name)) return found;
  return nullptr;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
void take_out(TracerGroup& group, std::string_view name) {
  std::erase_if(group.tracers, [&](const Tracer& tracer) {
    return std::find(tracer.names.begin(), tracer.names.end(), name) != tracer.names.end();
  });
  for (auto& inner : group.groups) take_out(inner, name);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
void set_paths(TracerGroup& group, std::vector<std::string> path) {
  path.push_back(group.name);
  for (auto& tracer : group.tracers) tracer.path = path;
  for (auto& inner : group.groups) set_paths(inner, path);
}

}  // namespace

NameChoice choose_name(const Tracer& tracer, const WhyNot& why_not) {
  std::vector<std::pair<std::string, std::string>> reasons;
  for (const auto& name : tracer.names) {
    const std::string why = why_not(name);
    if (!why.empty()) {
      reasons.emplace_back(name, why);
      continue;
    }
    return {is_tracepoint_name(name) ? NameChoice::How::tracepoint : NameChoice::How::function, name, ""};
  }
  if (!tracer.stand_in.empty() && why_not(tracer.stand_in).empty())
    return {NameChoice::How::stand_in, tracer.stand_in, ""};
  NameChoice choice{NameChoice::How::not_here, tracer.names.front(), reasons.front().second};
  const auto same = [&](const auto& reason) { return reason.second == choice.why; };
  if (std::all_of(reasons.begin(), reasons.end(), same)) return choice;
  choice.why.clear();
  for (const auto& [name, why] : reasons)
    choice.why += fmt::format("{}{}: {}", choice.why.empty() ? "" : "; ", name, why);
  return choice;
}

TracerTree::TracerTree() : TracerTree({skbtrail_tracers_begin, skbtrail_tracers_end}, "data/tracers.yaml") {}

TracerTree::TracerTree(std::string_view text, const std::string& file) : TracerTree(read_tracers(text, file)) {}

TracerTree::TracerTree(TracerFile read) : root_(std::make_unique<TracerGroup>()) {
  root_->name = kRoot;
  root_->meaning = "Every function and tracepoint of this tree";
  add(std::move(read));
}

void TracerTree::add(std::string_view text, const std::string& file) {
  add(read_tracers(text, file));
}

void TracerTree::add(TracerFile read) {
  Once once;
  for (const auto& group : read.groups) once.see(group);

  auto before = std::make_unique<TracerGroup>(*root_);
  const auto default_before = default_;
  const auto written_before = default_written_at_;
  try {
    for (auto& group : read.groups) put(std::move(group));
    if (!read.default_written_at.empty()) set_default(read.default_set, read.default_written_at);
    index();
    check();
  } catch (...) {
    root_ = std::move(before);
    default_ = default_before;
    default_written_at_ = written_before;
    index();
    throw;
  }
}

// A group of the file's top: over the one of this name, wherever that is, or below the root.
void TracerTree::put(TracerGroup group) {
  if (TracerGroup* known = find_group(*root_, group.name)) return put_into(*known, std::move(group));
  TracerGroup above;
  above.groups.push_back(std::move(group));
  put_into(*root_, std::move(above));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the file
void TracerTree::put_into(TracerGroup& here, TracerGroup group) {
  if (!group.meaning.empty()) here.meaning = std::move(group.meaning);
  here.includes.insert(here.includes.end(), group.includes.begin(), group.includes.end());
  for (auto& tracer : group.tracers) {
    for (const auto& name : tracer.names)
      if (by_name_.contains(name)) take_out(*root_, name);  // of a file before
    here.tracers.push_back(std::move(tracer));
  }
  for (auto& inner : group.groups) {
    const auto is_it = [&](const TracerGroup& known) { return known.name == inner.name; };
    auto known = std::find_if(here.groups.begin(), here.groups.end(), is_it);
    if (known == here.groups.end()) {
      if (find_group(*root_, inner.name))
        throw TracerFileError(
            fmt::format("{0}: the group '{1}' is elsewhere in the tree already; write it at the top of "
                        "the file to add to it, or 'includes: [{1}]' to have it here as well",
                        inner.written_at, inner.name));
      if (inner.meaning.empty())
        throw TracerFileError(
            fmt::format("{}: the group '{}' is new and needs a line 'means: ...'", inner.written_at, inner.name));
      here.groups.push_back({.name = inner.name, .written_at = inner.written_at});
      known = here.groups.end() - 1;
    }
    put_into(*known, std::move(inner));
  }
}

// Kept as steps: "+ip_rcv" and "-ip_rcv".
void TracerTree::set_default(const std::vector<std::string>& words, const std::string& written_at) {
  const auto is_step = [](const std::string& word) { return word.starts_with('+') || word.starts_with('-'); };
  const auto steps = std::count_if(words.begin(), words.end(), is_step);
  if (steps != 0 && static_cast<size_t>(steps) != words.size())
    throw TracerFileError(
        fmt::format("{}: 'default' is either a whole list, or only what is added (+name) and taken away "
                    "(-name)",
                    written_at));
  if (steps == 0) default_.clear();
  for (const auto& word : words) default_.push_back(steps == 0 ? "+" + word : word);
  default_written_at_ = written_at;
}

void TracerTree::index() {
  groups_.clear();
  by_name_.clear();
  by_event_.clear();
  by_stand_in_.clear();
  all_.clear();
  set_paths(*root_, {});
  index(*root_);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
void TracerTree::index(const TracerGroup& group) {
  groups_.emplace(group.name, &group);
  for (const auto& tracer : group.tracers) {
    all_.push_back(&tracer);
    for (const auto& name : tracer.names) {
      by_name_.emplace(name, &tracer);
      if (is_tracepoint_name(name)) by_event_.emplace(without_group(name), &tracer);
    }
    if (tracer.stand_in.empty()) continue;
    by_stand_in_.emplace(tracer.stand_in, &tracer);
    by_stand_in_.emplace(without_group(tracer.stand_in), &tracer);
  }
  for (const auto& inner : group.groups) index(inner);
}

// No group: the name of a function or a tracepoint, or a glob over them, which -t may find on this kernel.
static bool may_be_of_kernel(std::string_view word) {
  return !word.empty() && word.find('-') == std::string_view::npos;
}

void TracerTree::check() const {
  for (const auto& [name, group] : groups_) {
    if (const auto tracer = by_name_.find(name); tracer != by_name_.end())
      throw TracerFileError(fmt::format("{}: the group '{}' has the name of the tracer at {}", group->written_at, name,
                                        tracer->second->written_at));
    for (const auto& word : group->includes)
      if (find(word).empty() && !may_be_of_kernel(word)) {
        throw TracerFileError(fmt::format("{}: '{}' includes '{}', which is in no tree{}", group->written_at, name,
                                          word, text::did_you_mean(word, words())));
      }
  }
  for (const auto& step : default_) {
    const std::string word = step.substr(1);
    if (!find(word).empty()) continue;
    throw TracerFileError(fmt::format("{}: 'default' has '{}', which is in no tree{}", default_written_at_, word,
                                      text::did_you_mean(word, words())));
  }
}

std::vector<const Tracer*> TracerTree::in_order(std::vector<const Tracer*> found) const {
  if (found.size() < 2) return found;
  const std::set<const Tracer*> wanted(found.begin(), found.end());
  found.clear();
  for (const Tracer* tracer : all_)
    if (wanted.contains(tracer)) found.push_back(tracer);
  return found;
}

// NOLINTNEXTLINE(misc-no-recursion): ends where a group comes again
void TracerTree::collect(std::string_view word, std::vector<const TracerGroup*>& within,
                         std::vector<const Tracer*>& found) const {
  if (const auto named = groups_.find(word); named != groups_.end()) return collect(*named->second, within, found);
  if (const auto named = by_name_.find(word); named != by_name_.end()) return found.push_back(named->second);
  if (const auto named = by_event_.find(word); named != by_event_.end()) return found.push_back(named->second);
  if (!text::is_glob(word)) return;
  const std::string glob(word);
  for (const Tracer* tracer : all_)
    if (has_name_like(*tracer, glob)) found.push_back(tracer);
}

// NOLINTNEXTLINE(misc-no-recursion): ends where a group comes again
void TracerTree::collect(const TracerGroup& group, std::vector<const TracerGroup*>& within,
                         std::vector<const Tracer*>& found) const {
  if (std::find(within.begin(), within.end(), &group) != within.end()) {
    std::string way;
    for (const auto* step : within) way += step->name + " > ";
    throw TracerFileError(
        fmt::format("{}: the group '{}' includes itself: {}{}", group.written_at, group.name, way, group.name));
  }
  within.push_back(&group);
  for (const auto& tracer : group.tracers) found.push_back(&tracer);
  for (const auto& inner : group.groups) collect(inner, within, found);
  for (const auto& word : group.includes) collect(word, within, found);
  within.pop_back();
}

std::vector<const Tracer*> TracerTree::find(std::string_view word) const {
  std::vector<const TracerGroup*> within;
  std::vector<const Tracer*> found;
  collect(word, within, found);
  return in_order(std::move(found));
}

// NOLINTNEXTLINE(misc-no-recursion): ends where a group comes again
void TracerTree::collect_outside(const TracerGroup& group, std::vector<const TracerGroup*>& within,
                                 std::vector<std::string>& found) const {
  if (std::find(within.begin(), within.end(), &group) != within.end()) return;
  within.push_back(&group);
  for (const auto& inner : group.groups) collect_outside(inner, within, found);
  for (const auto& word : group.includes) {
    if (const auto named = groups_.find(word); named != groups_.end())
      collect_outside(*named->second, within, found);
    else if (find(word).empty() || text::is_glob(word))
      found.push_back(word);
  }
}

std::vector<std::string> TracerTree::outside(std::string_view group) const {
  std::vector<const TracerGroup*> within;
  std::vector<std::string> found;
  if (const auto named = groups_.find(group); named != groups_.end()) collect_outside(*named->second, within, found);
  return found;
}

std::vector<const Tracer*> TracerTree::default_set() const {
  std::vector<const Tracer*> set;
  for (const auto& step : default_) {
    for (const Tracer* tracer : find(step.substr(1))) {
      std::erase(set, tracer);
      if (step[0] == '+') set.push_back(tracer);
    }
  }
  return in_order(std::move(set));
}

const Tracer* TracerTree::of_probe(std::string_view name) const {
  name = name.substr(0, name.find('.'));
  for (const auto* names : {&by_name_, &by_event_, &by_stand_in_})
    if (const auto known = names->find(name); known != names->end()) return known->second;
  return nullptr;
}

const Tracer* TracerTree::of_tracepoint(std::string_view name) const {
  for (const auto* names : {&by_event_, &by_stand_in_})
    if (const auto known = names->find(name); known != names->end()) return known->second;
  return of_probe(name);
}

const TracerGroup* TracerTree::group(std::string_view name) const {
  const auto known = groups_.find(name);
  return known == groups_.end() ? nullptr : known->second;
}

std::vector<std::string> TracerTree::words() const {
  std::vector<std::string> all;
  for (const auto& [name, group] : groups_) all.push_back(name);
  for (const auto& [name, tracer] : by_name_) all.push_back(name);
  for (const auto& [name, tracer] : by_event_) all.push_back(name);
  return all;
}

}  // namespace skbtrail::probe
