#include "attach/fentry.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/error_name.h"

namespace skbtrail::attach {

FentryFunctions::FentryFunctions(Surroundings& around, size_t first) : AttachKind(around), links_(around) {
  Stubs stubs{kFentryStubs, kListStubs};
  for (size_t i = first; i < around_.plan.probes.size(); i++) {
    if (is_given_a_list(probe(i).config))
      around_.skip(probe(i).name, "fentry: it is given a list of skbs, which needs a kprobe");
    else if (stubs.empty())
      around_.skip(probe(i).name, fmt::format("fentry is for {} functions at most", SKBTRAIL_FENTRY_STUBS));
    else
      functions_.push_back({static_cast<uint16_t>(i), stubs.next++});
  }
}

void FentryFunctions::want(load::Wanted& wanted) const {
  for (const auto& [number, program] : functions_) {
    probe_config config = probe(number).config;
    config.registers = 0;
    config.number = number;
    config.returns = returns_at(probe(number));
    wanted.slots.push_back({program, config});
    wanted.programs.push_back({.name = numbered("entry", program), .target = probe(number).name});
    if (config.returns) wanted.programs.push_back({.name = numbered("leave", program), .target = probe(number).name});
  }
}

bool FentryFunctions::give_up(const load::Refusal& refusal) {
  auto number = number_of("entry", refusal.program);
  if (!number) number = number_of("leave", refusal.program);
  const auto refused = std::find_if(functions_.begin(), functions_.end(),
                                    [&](const Function& function) { return function.program == number; });
  if (refused == functions_.end()) return false;
  around_.skip(probe(refused->probe).name, "fentry: " + refusal.reason);
  functions_.erase(refused);
  return true;
}

size_t FentryFunctions::attach(const load::BpfObject& object) {
  for (const auto& [number, program] : functions_) {
    const int error = links_.attach(object, number, program, returns_at(probe(number)) != RETURNS_NOT);
    if (error) around_.skip(probe(number).name, "fentry: " + text::error_text(error));
    attached_ += error == 0;
  }
  return attached_;
}

}  // namespace skbtrail::attach
