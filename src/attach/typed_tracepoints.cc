#include "attach/typed_tracepoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "text/error_name.h"

namespace skbtrail::attach {

void TypedTracepoints::take(const std::vector<uint16_t>& more) {
  probes_.insert(probes_.end(), more.begin(), more.end());
  std::sort(probes_.begin(), probes_.end());
}

bool TypedTracepoints::stop_gathering() {
  const bool did = gathers_ && std::any_of(probes_.begin(), probes_.end(),
                                           [this](uint16_t number) { return probe(number).config.gathers != 0; });
  gathers_ = false;
  return did;
}

void TypedTracepoints::want(load::Wanted& wanted) const {
  for (const uint16_t number : probes_) {
    wanted.programs.push_back({.name = numbered("probe", number), .target = probe(number).name});
    wanted.slots.push_back({number, probe(number).config});
    wanted.slots.back().config.gathers &= gathers_;
  }
}

bool TypedTracepoints::give_up(const load::Refusal& refusal) {
  const auto number = number_of("probe", refusal.program);
  const auto refused = std::find(probes_.begin(), probes_.end(), number.value_or(UINT32_MAX));
  if (refused == probes_.end()) return false;
  around_.skip(probe(*refused).name, (refusal.target_missing ? "" : "refused: ") + refusal.reason);
  around_.given_up[*refused] = true;
  probes_.erase(refused);
  return true;
}

size_t TypedTracepoints::attach(const load::BpfObject& object) {
  size_t attached = 0;
  for (const uint16_t number : probes_)
    attached += attach_tracepoint(around_, number, object.program(numbered("probe", number)), nullptr, links_);
  return attached;
}

bool attach_tracepoint(Surroundings& around, uint16_t probe, int program, const uint64_t* cookie,
                       std::vector<load::Fd>& links) {
  const std::string& name = around.plan.probes[probe].name;
  load::Fd link = around.kernel.attach_raw_tracepoint(cookie ? name.c_str() : nullptr, program, cookie ? *cookie : 0);
  if (!link) {
    load::check_descriptors(errno, "attach to " + name);
    around.skip(name, fmt::format("cannot attach: {}", text::error_text(errno)));
    return false;
  }
  around.hits.add_program(around.hits.add_point({probe}), duplicate(program));
  links.push_back(std::move(link));
  return true;
}

}  // namespace skbtrail::attach
