// What --diagnose says, as objects.
#pragma once

#include <fmt/format.h>

#include <vector>

#include "diagnose/diagnosis.h"

namespace skbtrail::output {

// A list: [{"rule":"no-socket","level":"error","words":"no socket ...","look":["ip netns exec ..."]}]
void append_json_findings(fmt::memory_buffer& out, const std::vector<diagnose::Finding>& findings, bool explains);

// A line: {"diagnoses":{"without":3,"rules":[{"rule":"no-socket","level":"error","trails":2}]}}
void append_json_diagnoses(fmt::memory_buffer& out, const diagnose::Diagnosis& diagnosis);

}  // namespace skbtrail::output
