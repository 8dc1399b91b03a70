// `skbtrail doctor`: what this kernel and these privileges allow, and what to do about the rest.
#pragma once

#include <cstdint>
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

// How packets that matched are followed (docs/following.md).
enum class Following : uint8_t {
  exact,    // every end of an skb is seen, and what is made of it
  content,  // by address, as long as the content is what it was
  none,     // each event is evaluated by itself
  unknown,  // cannot be told without a capability
};

// Two checks more, made of those that are there: is a packet followed, and exactly? `unseen_end`: a function that frees
// skbs and that no program can be hung on (attach::PacketLives::unseen_end); empty: there is none. `tells_memory`: the
// slab allocator tells when an address is another skb's.
void add_following(kernel::Examination& examination, const std::string& unseen_end, bool tells_memory);
Following following_of(const kernel::Examination& examination);

// For people, 80 columns wide; with colour where `colored`.
std::string doctor_page(const kernel::Examination& examination, const KernelName& kernel, bool colored);
// One object; its keys are in skbtrail(8), DOCTOR.
std::string doctor_json(const kernel::Examination& examination, const KernelName& kernel);
// What works here, in one sentence.
std::string doctor_verdict(const kernel::Examination& examination);

// Status 0 only if the main job was done.
int doctor_command(std::vector<std::string> arguments, RunState& state);

}  // namespace skbtrail::cli
