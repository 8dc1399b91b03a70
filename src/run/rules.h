// The rules of --diagnose on this host, with their conditions in the language of --where.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "diagnose/reasons.h"
#include "diagnose/rules.h"

namespace skbtrail::run {

// What is built in, this host's files over it, and then `files`. A drop reason that a condition names has to be one of
// `reasons`. Throws UsageError where a file is wrong.
std::shared_ptr<const diagnose::Rules> rules_of_this_host(const std::vector<std::string>& files,
                                                          const diagnose::Reasons& reasons);

// How such conditions are read.
diagnose::ReadCondition condition_reader(const diagnose::Reasons& reasons);

}  // namespace skbtrail::run
