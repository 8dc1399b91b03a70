// What is known of drop reasons on this host, and which of them are chosen.
#pragma once

#include <string>
#include <vector>

#include "bpf/drop_key.h"
#include "diagnose/reasons.h"
#include "kernel/drop_reasons.h"
#include "run/options.h"

namespace skbtrail::run {

// What is built in, and this host's files over it. Throws UsageError where one is wrong.
diagnose::Reasons reasons_of_this_host();

// Those of the file, and after them those that this kernel has besides.
std::vector<std::string> known_reason_names(const diagnose::Reasons& reasons, const std::vector<std::string>& here);

// Reasons by their numbers in the running kernel, of drops that are counted.
struct CountedReasons {
  reason_choice choice = REASONS_ALL;
  std::vector<uint32_t> numbers;
};

// What `options` ask of reasons. What is known and not here goes to `absent`. Throws as condition_on_drops().
CountedReasons reasons_to_count(const DropChoice& choice, const kernel::DropReasons& here,
                                std::vector<std::string>& absent);

// The text of --where with what `options` ask of reasons; `here` are those of the running kernel. What is known and not
// here goes to `absent`. Throws UsageError where a name is nowhere, RunError where nothing can match.
std::string condition_on_drops(const FilterOptions& options, const std::vector<std::string>& here,
                               std::vector<std::string>& absent);

}  // namespace skbtrail::run
