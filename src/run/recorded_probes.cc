#include "run/recorded_probes.h"

#include <fmt/format.h>

#include "run/errors.h"
#include "run/tracers.h"
#include "text/nearest.h"

namespace skbtrail::run {

namespace {

// A word that neither the recordings nor the tree of tracers know.
[[noreturn]] void refuse_probe_word(const recording::Merge& files, const probe::TracerTree& tree, const char* option,
                                    const std::string& word) {
  std::vector<std::string> names;
  for (const auto* head : heads_of(files))
    for (const auto& probe : head->probes) {
      names.push_back(probe.name);
      if (!probe.group.empty()) names.push_back(probe.group + ":" + probe.name);
    }
  if (names.empty())
    throw UsageError(fmt::format("{}: the recording has no probes, so '{}' matches none", option, word));
  for (auto& known : tree.words()) names.push_back(std::move(known));
  throw UsageError(fmt::format("{}: '{}' matches none of the recorded probes{}", option, word,
                               text::did_you_mean(word, names, "", "'")));
}

}  // namespace

std::vector<const recording::Head*> heads_of(const recording::Merge& files) {
  std::vector<const recording::Head*> heads;
  for (const auto& reader : files.readers()) heads.push_back(&reader->names().head());
  return heads;
}

RecordedProbes::RecordedProbes(const TraceOptions& options, const recording::Merge& files)
    : files_(files),
      tells_drops_alone_(options.shows_drops()),
      tree_(options.probes.tracers.empty() && options.probes.excluded.empty() && options.sections.stack_at.empty() &&
                    options.trails.between.empty()
                ? nullptr
                : tree_of(options.probes)) {}

ProbeWords RecordedProbes::words(const char* option, const std::vector<std::string>& words) const {
  ProbeWords understood(tree_, words, heads_of(files_));
  for (const auto& missing : understood.missing())
    if (!missing.is_known) refuse_probe_word(files_, *tree_, option, missing.word);
  return understood;
}

std::optional<output::BetweenChoice> RecordedProbes::between(const std::vector<std::string>& words) const {
  if (words.empty()) return std::nullopt;
  const auto is_at = [&](const std::string& word) -> output::IsAt {
    auto understood = this->words("--between", {word});
    if (!understood.missing().empty()) throw RunError(fmt::format("--between: no event of '{}' was recorded", word));
    return [understood = std::move(understood)](const event::Names& names, uint16_t number) {
      const auto& probes = static_cast<const recording::RecordedNames&>(names).head().probes;
      return number < probes.size() && understood.name(probes[number]);
    };
  };
  return output::BetweenChoice{words.front(), words.back(), is_at(words.front()), is_at(words.back())};
}

// What is wrong with a file, before it is said what is not in it.
void RecordedProbes::require_files() const {
  for (const auto& reader : files_.readers())
    if (const std::string problem = reader->problem(); !problem.empty() && reader->names().heads() == 0)
      throw RunError(problem);
}

void RecordedProbes::require_drops(const std::vector<std::string>& words, const ProbeWords& wanted) const {
  for (const auto* head : heads_of(files_))
    for (const auto& probe : head->probes)
      if (probe.name == "kfree_skb" && (words.empty() || wanted.name(probe))) return;
  throw RunError("no event of 'kfree_skb' was recorded, or asked for, and no other tells of drops");
}

ProbeWords RecordedProbes::wanted(const std::vector<std::string>& words) const {
  if (!words.empty() || tells_drops_alone_) require_files();
  auto understood = this->words("--tracer", words);
  if (!words.empty() && understood.missing().size() == words.size())
    throw RunError(fmt::format("no event of '{}' was recorded", fmt::join(words, ",")));
  if (tells_drops_alone_) require_drops(words, understood);
  return understood;
}

}  // namespace skbtrail::run
