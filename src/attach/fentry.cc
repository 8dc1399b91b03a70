#include "attach/fentry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

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

// The return first, so that no call is kept whose return is not seen.
bool FentryFunctions::attach_one(const load::BpfObject& object, const Function& function) {
  const size_t point = around_.hits.add_point({function.probe});
  std::vector<const char*> kinds{"entry"};
  if (returns_at(probe(function.probe))) kinds.insert(kinds.begin(), "leave");
  for (const char* kind : kinds) {
    const int program = object.program(numbered(kind, function.program));
    load::Fd link = around_.kernel.attach_raw_tracepoint(nullptr, program, 0);
    if (!link) {
      const int error = errno;
      load::check_descriptors(error, "attach to " + probe(function.probe).name);
      around_.skip(probe(function.probe).name, "fentry: " + text::error_text(error));
      return false;
    }
    around_.hits.add_program(point, duplicate(program));
    links_.add(std::move(link), point, false);
  }
  return true;
}

size_t FentryFunctions::attach(const load::BpfObject& object) {
  for (const Function& function : functions_) attached_ += attach_one(object, function);
  return attached_;
}

}  // namespace skbtrail::attach
