// -t, -x and --stack of recordings: words become probes of each file, by its own numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "probe/tracer_tree.h"
#include "recording/merge.h"
#include "run/options.h"
#include "run/probe_words.h"

namespace skbtrail::run {

// Whether a probe was chosen by -t and -x, by its number; each file has numbers of its own.
class ChosenProbes {
 public:
  ChosenProbes(ProbeWords wanted, ProbeWords unwanted) : wanted_(std::move(wanted)), unwanted_(std::move(unwanted)) {}

  // None were named.
  [[nodiscard]] bool are_all() const { return wanted_.empty() && unwanted_.empty(); }

  bool has(const recording::Reader& reader, uint16_t probe) {
    if (are_all()) return true;
    const auto& probes = reader.names().head().probes;
    if (probe >= probes.size()) return wanted_.empty();
    auto& known = known_[&reader];
    if (known.heads != reader.names().heads()) known = {reader.names().heads(), choose(probes)};
    return known.chosen[probe];
  }

 private:
  struct Known {
    uint64_t heads = 0;
    std::vector<bool> chosen;
  };

  [[nodiscard]] std::vector<bool> choose(const std::vector<recording::RecordedProbe>& probes) const {
    std::vector<bool> chosen;
    for (const auto& probe : probes)
      chosen.push_back((wanted_.empty() || wanted_.name(probe)) && !unwanted_.name(probe));
    return chosen;
  }

  ProbeWords wanted_, unwanted_;
  std::unordered_map<const recording::Reader*, Known> known_;
};

// What is known, and was not recorded, chooses nothing; -x takes nothing away with it.
class RecordedProbes {
 public:
  // Throws UsageError where a file of tracers is wrong.
  RecordedProbes(const TraceOptions& options, const recording::Merge& files);

  // Throws UsageError where a word is known neither in the recordings nor in the tree.
  [[nodiscard]] ProbeWords words(const char* option, const std::vector<std::string>& words) const;
  // Those of -t. Throws RunError where nothing of them was recorded, or no drop where drops alone are shown.
  [[nodiscard]] ProbeWords wanted(const std::vector<std::string>& words) const;
  // Those of --between, if there are. The same.
  [[nodiscard]] std::optional<output::BetweenChoice> between(const std::vector<std::string>& words) const;

 private:
  void require_files() const;
  void require_drops(const std::vector<std::string>& words, const ProbeWords& wanted) const;

  const recording::Merge& files_;
  bool tells_drops_alone_;
  std::shared_ptr<const probe::TracerTree> tree_;
};

// By the heads of all files, as they are now.
std::vector<const recording::Head*> heads_of(const recording::Merge& files);

}  // namespace skbtrail::run
