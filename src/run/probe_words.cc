#include "run/probe_words.h"

#include <algorithm>

#include "probe/probe_name.h"
#include "text/glob.h"

namespace skbtrail::run {

namespace {

constexpr std::string_view kAll = "all";

// "skb:kfree_skb" where the tree has the tracepoint so; empty: it does not.
std::string full_name_in(const probe::TracerTree& tree, const std::string& tracepoint) {
  const probe::Tracer* tracer = tree.of_tracepoint(tracepoint);
  if (!tracer) return "";
  const auto is_it = [&](const std::string& name) { return name.ends_with(":" + tracepoint); };
  const auto found = std::find_if(tracer->names.begin(), tracer->names.end(), is_it);
  if (found != tracer->names.end()) return *found;
  return is_it(tracer->stand_in) ? tracer->stand_in : "";
}

}  // namespace

ProbeWords::ProbeWords(std::shared_ptr<const probe::TracerTree> tree, const std::vector<std::string>& words,
                       const std::vector<const recording::Head*>& heads)
    : tree_(std::move(tree)) {
  for (const auto& text : words) {
    Word word{text, {}, text == kAll, tree_->group(text) != nullptr};
    const auto tracers = tree_->find(text);
    if (word.is_group || !names_some(word, heads)) word.tracers = {tracers.begin(), tracers.end()};
    if (!names_some(word, heads)) missing_.push_back({text, word.is_all || !tracers.empty()});
    words_.push_back(std::move(word));
  }
}

bool ProbeWords::names_some(const Word& word, const std::vector<const recording::Head*>& heads) const {
  return std::any_of(heads.begin(), heads.end(), [&](const recording::Head* head) {
    return std::any_of(head->probes.begin(), head->probes.end(), [&](const auto& probe) { return names(word, probe); });
  });
}

bool ProbeWords::names_tracepoint(const std::string& word, const recording::RecordedProbe& probe) const {
  if (!probe.group.empty()) return probe::names_probe(word, probe.group, probe.name);
  if (const std::string full = full_name_in(*tree_, probe.name); !full.empty()) return text::matches_glob(word, full);
  return !text::is_glob(word) && word.ends_with(":" + probe.name);
}

bool ProbeWords::names(const Word& word, const recording::RecordedProbe& probe) const {
  if (word.is_all) return true;
  if (!word.tracers.empty()) {
    const auto* tracer = probe.result ? tree_->of_probe(probe.name) : tree_->of_tracepoint(probe.name);
    if (word.tracers.contains(tracer)) return true;
  }
  if (word.is_group) return false;
  if (probe::is_tracepoint_name(probe.name)) return probe::names_probe(word.text, "", probe.name);  // a BPF program
  if (probe::is_tracepoint_name(word.text)) return !probe.result && names_tracepoint(word.text, probe);
  return probe::names_probe(word.text, "", probe.name);
}

bool ProbeWords::name(const recording::RecordedProbe& probe) const {
  return std::any_of(words_.begin(), words_.end(), [&](const Word& word) { return names(word, probe); });
}

}  // namespace skbtrail::run
