#include "attach/kprobe_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "text/error_name.h"

namespace skbtrail::attach {

namespace {

// At this function an skb with plain headers is not always what it seems, so that its headers have to be known of
// before a packet can be refused (prefilter_refuses() in bpf/filter.h).
bool has_special_headers(const probe_config& config) {
  return config.headers == HEADERS_NO_UDP || config.headers == HEADERS_LINK_AT_DATA;
}

// Up to so many functions a start that takes a sixth less counts for more than a cookie that is looked for once more at
// each call.
constexpr size_t kFewFunctions = 64;

// What the cookie says, so that few programs do for all functions. Where functions are many, skbs among the first three
// arguments are found without it.
void leave_to_cookie(probe_config& config, bool few) {
  config.result_at = 0;
  const bool with_cookie =
      config.skb_via != VIA_TRACE &&
      (few || config.ends || config.skb_arg > 2 || config.skb_via != VIA_NOTHING || has_special_headers(config));
  if (!(config.sections & REC_SECTION_SENT)) config.sent_arg = config.sent_code_arg = SKBTRAIL_NO_ARG;
  config.headers = HEADERS_WRITTEN;
  config.direction = DIRECTION_UNKNOWN;
  if (config.skb_arg != SKBTRAIL_NO_ARG && with_cookie) {
    config.skb_arg = SKBTRAIL_ARG_IN_COOKIE;
    if (!is_given_a_list(config)) config.skb_via = VIA_NOTHING;
  }
  config.sk_arg = SKBTRAIL_ARG_IN_COOKIE;
  config.sk_via = VIA_NOTHING;
}

uint64_t cookie_of_function(uint16_t number, const probe_config& config) {
  return ATTACH_COOKIE(number, config.skb_arg, config.skb_via, config.sk_arg, config.sk_via, config.headers,
                       config.direction);
}

std::vector<std::byte> bytes_of(std::span<const ip_hash_entry> entries) {
  const auto bytes = std::as_bytes(entries);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

KprobeGroups::KprobeGroups(Surroundings& around, size_t first, const char* name)
    : AttachKind(around), first_(first), name_(name), links_(around), found_(around.plan.probes.size() - first, true) {}

void KprobeGroups::fill_table(uint64_t bytes_after, bool cookies) {
  const auto functions = std::span(around_.plan.probes).subspan(first_);
  std::vector<Call> calls;
  std::vector<size_t> whose;
  for (size_t i = 0; i < functions.size(); i++)
    for (const uint64_t address : functions[i].function->addresses)
      for (uint64_t bytes = 0; bytes <= bytes_after; bytes++) {
        calls.push_back({address + bytes, cookie_of_function(static_cast<uint16_t>(first_ + i), functions[i].config)});
        whose.push_back(i);
      }
  table_ = IpHashTable::of(calls);
  calls_.multiplier = table_.multiplier;
  calls_.max_probes = table_.max_probes;
  if (cookies) return;
  for (const size_t call : table_.without_slot) found_[whose[call]] = false;
}

void KprobeGroups::group(const std::function<bool(uint16_t)>& take_return) {
  Stubs stubs{0, kFentryStubs}, list_stubs{kListStubs, kFunctionPrograms};
  for (size_t i = first_; i < around_.plan.probes.size(); i++) {
    const auto number = static_cast<uint16_t>(i);
    if (!found_[i - first_]) {
      around_.skip(probe(i).name, "too many functions at once");
      continue;
    }
    probe_config config = probe(i).config;
    config.registers = 1;
    config.number = 0;
    config.returns = returns_at(probe(i));
    if (config.returns != RETURNS_NOT && !take_return(number)) config.returns = RETURNS_NOT;
    leave_to_cookie(config, functions() <= kFewFunctions);
    config.rare_size = rare_sections_size(&config);
    const auto known =
        std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.config == config; });
    if (known != groups_.end()) {
      known->probes.push_back(number);
    } else if (auto& of = is_given_a_list(config) ? list_stubs : stubs; of.empty()) {
      around_.skip(probe(i).name, "too many kinds of arguments at once");
    } else {
      groups_.push_back({config, of.next++, {number}});
    }
  }
}

void KprobeGroups::want(load::Wanted& wanted) const {
  wanted.calls = calls_;
  if (table_.multiplier) wanted.maps.push_back({.name = ".bss.calls", .value = bytes_of(table_.entries)});
  for (const Group& group : groups_) wanted.slots.push_back({group.program, group.config});
}

bool KprobeGroups::give_up(const load::Refusal& refusal) {
  const auto number = number_of("function", refusal.program);
  const auto refused =
      std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.program == number; });
  if (refused == groups_.end()) return false;
  for (const uint16_t skipped : refused->probes)
    around_.skip(probe(skipped).name, fmt::format("{}: {}", name_, refusal.reason));
  groups_.erase(refused);
  return true;
}

std::vector<Target> KprobeGroups::targets(const Group& group) const {
  std::vector<Target> targets;
  for (const uint16_t number : group.probes) {
    const uint64_t cookie = cookie_of_function(number, probe(number).config);
    const auto& addresses = probe(number).function->addresses;
    if (addresses.empty()) targets.push_back({probe(number).name, 0, cookie});
    for (const uint64_t address : addresses) targets.push_back({probe(number).name, address, cookie});
  }
  return targets;
}

void KprobeGroups::refuse(const Target& target, At at, int error) {
  const std::string name = target.name + (at == At::exit ? " (its return)" : "");
  load::check_descriptors(error, "attach to " + name);
  around_.skip(name, fmt::format("{}: {}", name_, text::error_text(error)));
}

size_t KprobeGroups::point_of_any() {
  if (!at_any_)
    at_any_ = around_.hits.add_point(functions() == 1
                                         ? SkippedHits::AttachPoint{static_cast<uint16_t>(first_)}
                                         : SkippedHits::AttachPoint{.functions = static_cast<uint32_t>(functions())});
  return *at_any_;
}

void KprobeGroups::count_by_program(int program) {
  around_.hits.add_program(point_of_any(), duplicate(program));
}

void KprobeGroups::keep(load::Fd link, const Target* one) {
  size_t point = 0;
  if (one) {
    const auto number = static_cast<uint16_t>(one->cookie);
    const auto [known, added] = at_one_.try_emplace(number, 0);
    if (added) known->second = around_.hits.add_point({number});
    point = known->second;
  } else {
    point = point_of_any();
  }
  links_.add(std::move(link), point, true);
}

}  // namespace skbtrail::attach
