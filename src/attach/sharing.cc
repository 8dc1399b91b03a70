#include "attach/sharing.h"

#include <algorithm>

namespace skbtrail::attach {

namespace {

bool may_share(const probe::Probe& probe) {
  return probe.typed && !probe.has_perf_event() && !probe.finds_skb() && rare_sections_size(&probe.config) == 0;
}

// The configuration without what the cookie says, and without what records of this kind do not need.
probe_config shared_config(const probe_config& config) {
  probe_config shared = config;
  if (config.skb_arg != SKBTRAIL_NO_ARG) shared.skb_arg = SKBTRAIL_ARG_IN_COOKIE;
  shared.sk_arg = SKBTRAIL_ARG_IN_COOKIE;
  if (!config.skb_not_owned) shared.device_arg = shared.len_arg = SKBTRAIL_NO_ARG;
  const bool drop = (config.sections & REC_SECTION_DROP) != 0, sent = (config.sections & REC_SECTION_SENT) != 0;
  if (!drop) shared.location_arg = SKBTRAIL_NO_ARG;
  shared.reason_arg = drop ? SKBTRAIL_ARG_IN_COOKIE : SKBTRAIL_NO_ARG;
  shared.sent_arg = shared.sent_code_arg = sent ? SKBTRAIL_ARG_IN_COOKIE : SKBTRAIL_NO_ARG;
  if (!(config.sections & REC_SECTION_RESULT)) shared.result_arg = SKBTRAIL_NO_ARG;
  shared.args_size = shared.args_skb = shared.number = shared.direction = 0;
  shared.by_cookie = 1;
  return shared;
}

}  // namespace

SharedPrograms SharedPrograms::among(std::span<const probe::Probe> tracepoints) {
  struct Kind {
    probe_config config;
    std::vector<size_t> tracepoints;
  };
  std::vector<Kind> kinds;
  for (size_t i = 0; i < tracepoints.size(); i++) {
    if (!may_share(tracepoints[i])) continue;
    const probe_config config = shared_config(tracepoints[i].config);
    const auto same = [&](const Kind& kind) { return kind.config == config; };
    auto kind = std::find_if(kinds.begin(), kinds.end(), same);
    if (kind == kinds.end()) kind = kinds.insert(kind, {config, {}});
    kind->tracepoints.push_back(i);
  }
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const Kind& a, const Kind& b) { return a.tracepoints.size() > b.tracepoints.size(); });
  SharedPrograms shared{{}, std::vector<uint8_t>(tracepoints.size(), 0)};
  for (const Kind& kind : kinds) {
    if (shared.programs.size() == SKBTRAIL_SHARED) break;
    shared.programs.push_back(kind.config);
    for (const size_t i : kind.tracepoints) shared.of[i] = static_cast<uint8_t>(shared.programs.size());
  }
  return shared;
}

uint64_t cookie_of(size_t number, const probe_config& config) {
  return ATTACH_COOKIE(number, config.skb_arg, VIA_NOTHING, config.sk_arg, VIA_NOTHING, HEADERS_WRITTEN,
                       config.direction) |
         ATTACH_COOKIE_SECTIONS(config.reason_arg, config.sent_arg, config.sent_code_arg);
}

}  // namespace skbtrail::attach
