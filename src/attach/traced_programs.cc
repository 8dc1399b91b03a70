#include "attach/traced_programs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "text/error_name.h"

namespace skbtrail::attach {

TracedPrograms::TracedPrograms(Surroundings& around, size_t first, size_t count) : AttachKind(around), links_(around) {
  for (size_t i = first; i < first + count; i++) {
    if (programs_.size() == SKBTRAIL_BPF_STUBS)
      around_.skip(probe(i).name, fmt::format("{} BPF programs are traced at most", SKBTRAIL_BPF_STUBS));
    else
      programs_.push_back({static_cast<uint16_t>(i), static_cast<uint32_t>(programs_.size())});
  }
}

bool TracedPrograms::any_xdp() const {
  return std::any_of(programs_.begin(), programs_.end(),
                     [this](const Traced& traced) { return probe(traced.probe).config.skb_via == VIA_XDP; });
}

void TracedPrograms::want(load::Wanted& wanted) const {
  for (const auto& [number, program] : programs_) {
    const probe::ProgramTarget& target = *probe(number).program;
    probe_config config = probe(number).config;
    config.number = number;
    wanted.slots.push_back({program, config});
    wanted.programs.push_back(
        {.name = numbered("entry", program), .target = target.entry, .target_program = target.id});
    if (config.returns)
      wanted.programs.push_back(
          {.name = numbered("leave", program), .target = target.entry, .target_program = target.id});
  }
}

bool TracedPrograms::give_up(const load::Refusal& refusal) {
  auto number = number_of("entry", refusal.program);
  if (!number) number = number_of("leave", refusal.program);
  const auto refused =
      std::find_if(programs_.begin(), programs_.end(), [&](const Traced& traced) { return traced.program == number; });
  if (refused == programs_.end()) return false;
  around_.skip(probe(refused->probe).name,
               refusal.error == ENOENT ? "it was unloaded before it could be traced" : refusal.reason);
  programs_.erase(refused);
  return true;
}

size_t TracedPrograms::attach(const load::BpfObject& object) {
  for (const auto& [number, program] : programs_) {
    const int error = links_.attach(object, number, program, probe(number).config.returns != RETURNS_NOT);
    if (error)
      around_.skip(probe(number).name,
                   error == EBUSY ? "another program replaces it (freplace)" : text::error_text(error));
    attached_ += error == 0;
  }
  return attached_;
}

}  // namespace skbtrail::attach
