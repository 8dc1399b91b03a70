// `skbtrail doctor`: what this kernel and these privileges allow, and what to do about the rest.
#pragma once

#include <string>
#include <vector>

#include "cli/subcommand.h"
#include "kernel/features.h"

namespace skbtrail::cli {

// The kernel that was examined.
struct KernelName {
  std::string release;
  std::string machine;
};

// For people, 80 columns wide; with colour where `colored`.
std::string doctor_page(const kernel::Examination& examination, const KernelName& kernel, bool colored);
// One object; its keys stand in skbtrail(8), DOCTOR.
std::string doctor_json(const kernel::Examination& examination, const KernelName& kernel);
// What works here, in one sentence.
std::string doctor_verdict(const kernel::Examination& examination);

// Status 0 only if the main job was done.
int doctor_command(std::vector<std::string> arguments, RunState& state);

}  // namespace skbtrail::cli
