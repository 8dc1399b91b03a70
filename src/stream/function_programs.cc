#include "stream/function_programs.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <span>

#include "kernel/descriptor_limit.h"
#include "kernel/kprobes.h"
#include "load/bpf_object.h"
#include "text/error_name.h"

namespace skbtrail::stream {

namespace {

// Calls whose return is waited for at the same time.
constexpr uint32_t kOpenCalls = 8192;

// With fentry a hit costs half of what it costs with a kprobe, and the start of each function as much as a hundred
// kprobes.multi; it is chosen for the kernels that lack kprobe.multi, and few functions.
constexpr size_t kFewFunctions = 8;

// Numbers of the object's programs: those on kprobes first, then those for fentry, then those for lists.
constexpr uint32_t kFentryStubs = SKBTRAIL_KPROBE_STUBS, kListStubs = kFentryStubs + SKBTRAIL_FENTRY_STUBS,
                   kPrograms = kListStubs + SKBTRAIL_LIST_STUBS;

// Those of a kind that are not taken yet.
struct Stubs {
  uint32_t next, end;
};

std::string name_of_backend(Backend backend) {
  switch (backend) {
    case Backend::kprobe: return "kprobe";
    case Backend::kprobe_multi: return "kprobe.multi";
    case Backend::fentry: return "fentry";
    default: return "automatic";
  }
}

// Functions whose programs would be the same are told by this.
std::string as_key(const probe_config& places) {
  return {reinterpret_cast<const char*>(&places), sizeof(places)};
}

bool of_list(const probe_config& places) {
  return places.skb_via == VIA_LIST;
}

// At this function an skb with plain headers is not always what it seems, so that its headers have to be known of
// before a packet can be refused (refused() in bpf/hit.h).
bool has_special_headers(const probe_config& places) {
  return places.headers == HEADERS_NO_UDP || places.headers == HEADERS_LINK_AT_DATA;
}

// What the word of the call says, so that few programs do for all functions: most skbs are among the first three
// arguments and are found without it.
void leave_to_word(probe_config& places) {
  places.result_at = 0;
  const bool with_word = places.skb_arg > 2 || places.skb_via != VIA_NOTHING || has_special_headers(places);
  places.headers = HEADERS_WRITTEN;
  if (places.skb_arg != SKBTRAIL_NO_ARG && with_word) {
    places.skb_arg = SKBTRAIL_ARG_IN_WORD;
    if (!of_list(places)) places.skb_via = VIA_NOTHING;
  }
  places.sk_arg = SKBTRAIL_ARG_IN_WORD;
  places.sk_via = VIA_NOTHING;
}

uint64_t word_of(uint16_t number, const probe_config& places) {
  return CALL_WORD(number, places.skb_arg, places.skb_via, places.sk_arg, places.sk_via, places.headers);
}

bpf_program* program_named(bpf_object* object, const std::string& name) {
  bpf_program* program = bpf_object__find_program_by_name(object, name.c_str());
  if (!program) throw SessionError("the embedded BPF object lacks a program");
  return program;
}

}  // namespace

FunctionPrograms::FunctionPrograms(const Plan& plan, size_t first, const std::function<Rings&()>& rings,
                                   bpf_object* shared, std::vector<SkippedProbe>& skipped)
    : plan_(plan), first_(first), rings_(rings), shared_(shared) {
  choose_backend();
  expect_descriptors();
  fill_call_table();
  group(skipped);
  load(skipped);
}

void FunctionPrograms::choose_backend() {
  const auto functions = std::span(plan_.probes).subspan(first_);
  const bool lists =
      std::any_of(functions.begin(), functions.end(), [](const probe::Probe& probe) { return of_list(probe.places); });
  backend_ = plan_.backend;
  if (backend_ == Backend::automatic) {
    if (kernel::has_kprobe_multi())
      backend_ = Backend::kprobe_multi;
    else if ((functions.size() <= kFewFunctions && !lists) || !kernel::has_kprobes())
      backend_ = Backend::fentry;
    else
      backend_ = Backend::kprobe;
  }
  session_ = plan_.backend == Backend::automatic && backend_ == Backend::kprobe_multi && plan_.returns &&
             plan_.functions.session_is_return && kernel::has_kprobe_session();
  cookies_ = backend_ == Backend::kprobe_multi || (backend_ == Backend::kprobe && kprobe_cookies_work());
  single_returns_ = plan_.returns && backend_ == Backend::kprobe && !cookies_;
}

// Attaching one by one takes long: what cannot end well is not begun.
void FunctionPrograms::expect_descriptors() const {
  if (backend_ != Backend::kprobe) return;
  const size_t each = size_t{cookies_ ? 2u : 1u} * (plan_.returns ? 2 : 1), functions = plan_.probes.size() - first_;
  if (functions * each < kernel::raise_descriptor_limit()) return;
  throw SessionError(fmt::format("cannot trace {} functions by kprobes, each of which takes {} open file{}: {}",
                                 functions, each, each == 1 ? "" : "s", kernel::want_of_descriptors(EMFILE)));
}

// With kprobe.multi the program is told the function's address. The registers of a kprobe say where they were saved, a
// few bytes behind it: behind the breakpoint, and behind the instruction that branches may end at (endbr64), if it has
// one.
void FunctionPrograms::fill_call_table() {
  const auto functions = std::span(plan_.probes).subspan(first_);
  found_.assign(functions.size(), true);
  const bool multi = backend_ == Backend::kprobe_multi;
  if (backend_ == Backend::fentry || (cookies_ && !multi)) return;
  std::vector<attach::Call> calls;
  std::vector<size_t> whose;
  for (size_t i = 0; i < functions.size(); i++)
    for (const uint64_t address : functions[i].function->addresses)
      for (uint64_t behind = 0; behind < (multi ? 1 : 2); behind++) {
        calls.push_back({address + behind, word_of(static_cast<uint16_t>(first_ + i), functions[i].places)});
        whose.push_back(i);
      }
  calls_ = attach::IpHashTable::of(calls);
  if (cookies_) return;
  for (const size_t left_out : calls_.without_place) found_[whose[left_out]] = false;
}

// False where there is none left: then its entry is traced alone.
bool FunctionPrograms::take_return_stub(uint16_t probe, std::vector<SkippedProbe>& skipped) {
  if (return_stubs_.size() < SKBTRAIL_RETURN_STUBS)
    return return_stubs_.emplace(probe, static_cast<uint32_t>(return_stubs_.size())).second;
  skipped.push_back({plan_.probes[probe].name + " (its return)",
                     fmt::format("before Linux 5.15 each return needs a program of its own, of which there are {}",
                                 SKBTRAIL_RETURN_STUBS)});
  return false;
}

void FunctionPrograms::group(std::vector<SkippedProbe>& skipped) {
  const bool fentry = backend_ == Backend::fentry;
  Stubs stubs = fentry ? Stubs{kFentryStubs, kListStubs} : Stubs{0, kFentryStubs}, list_stubs{kListStubs, kPrograms};
  std::map<std::string, size_t> known;
  for (size_t i = first_; i < plan_.probes.size(); i++) {
    const probe::Probe& probe = plan_.probes[i];
    probe_config places = probe.places;
    places.registers = !fentry;
    places.returns = plan_.returns && probe.function->result.size != 0 && !of_list(places);
    places.number = fentry ? static_cast<__u16>(i) : 0;
    if (places.returns && single_returns_ && found_[i - first_])
      places.returns = take_return_stub(static_cast<uint16_t>(i), skipped);
    if (!fentry) leave_to_word(places);
    places.rare_size = rare_sections_size(&places);
    const std::string key = fentry ? std::to_string(i) : as_key(places);
    const auto found = known.find(key);
    if (fentry && of_list(places)) {
      skipped.push_back({probe.name, "fentry: it is given a list of skbs, which needs a kprobe"});
    } else if (!found_[i - first_]) {
      skipped.push_back({probe.name, "too many functions at once"});
    } else if (found != known.end()) {
      groups_[found->second].probes.push_back(static_cast<uint16_t>(i));
    } else if (auto& of = of_list(places) ? list_stubs : stubs; of.next == of.end) {
      skipped.push_back({probe.name, fentry ? fmt::format("fentry is for {} functions at most", SKBTRAIL_FENTRY_STUBS)
                                            : "too many kinds of arguments at once"});
    } else {
      known.emplace(key, groups_.size());
      groups_.push_back({places, of.next++, {static_cast<uint16_t>(i)}});
    }
  }
}

void FunctionPrograms::share_maps(bpf_object* object) {
  if (!shared_) return size_shared_maps(object, plan_, rings_());
  for (const char* name : kSharedMaps)
    check(bpf_map__reuse_fd(map_named(object, name), bpf_map__fd(map_named(shared_, name))), "cannot share a map");
}

void FunctionPrograms::configure(bpf_object* object) {
  skbtrail_config config = common_config(plan_, rings_());
  bool stacks = false;
  for (const Group& group : groups_) {
    config.probes[group.number] = group.places;
    stacks |= (group.places.sections & REC_SECTION_STACK) != 0;
  }
  config.cookies = cookies_;
  config.function_ip = backend_ == Backend::kprobe_multi;
  config.call_factor = calls_.multiplier;
  config.call_near = calls_.max_probes;
  config.session = session_;
  for (const auto& [probe, stub] : return_stubs_) config.returned[stub] = probe;
  check(bpf_map__set_initial_value(map_named(object, ".rodata.config"), &config, sizeof(config)),
        "cannot set the configuration");
  if (calls_.multiplier)
    check(bpf_map__set_initial_value(map_named(object, ".bss.calls"), calls_.entries.data(), sizeof(call_table)),
          "cannot set the table of calls");
  const auto size = [&](const char* map, uint32_t entries, uint32_t value = 0) {
    check(bpf_map__set_max_entries(map_named(object, map), entries), "cannot size a map");
    if (value) check(bpf_map__set_value_size(map_named(object, map), value), "cannot size a map");
  };
  if (config.ring_slots) size("scratch", kPrograms, config.entry_room);
  size("calls", plan_.returns ? kOpenCalls : 1, config.entry_room);
  if (!config.rdonly_cast) size("skb_copies", kPrograms);
  if (stacks) size("stack_scratch", kPrograms);
}

void FunctionPrograms::choose_programs(bpf_object* object, std::vector<SkippedProbe>& skipped) {
  for (size_t i = 0; i < groups_.size(); i++) {
    const Group& group = groups_[i];
    if (backend_ != Backend::fentry) {
      bpf_program* program = program_named(object, fmt::format("function_{:02x}", group.number));
      bpf_program__set_autoload(program, true);
      const bool session = session_ && group.places.returns;
      if (backend_ == Backend::kprobe_multi)
        bpf_program__set_expected_attach_type(
            program, static_cast<bpf_attach_type>(session ? kernel::kKprobeSession : kernel::kKprobeMulti));
      continue;
    }
    const std::string& name = plan_.probes[group.probes.front()].name;
    for (const char* kind : {"entry", "leave"}) {
      if (*kind == 'l' && !group.places.returns) continue;
      bpf_program* program = program_named(object, fmt::format("{}_{:02x}", kind, group.number));
      LoadLog::clear();
      const int error = bpf_program__set_attach_target(program, 0, name.c_str());
      if (error) {
        check_descriptors(-error, "look up " + name);
        skipped.push_back({name, "fentry: " + why_not(error)});
        groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(i));
        return;
      }
      bpf_program__set_autoload(program, true);
    }
  }
  for (const auto& [probe, stub] : return_stubs_)
    bpf_program__set_autoload(program_named(object, fmt::format("returned_{:02x}", stub)), true);
  if (backend_ == Backend::fentry || !plan_.returns || session_ || single_returns_) return;
  bpf_program* returned = program_named(object, "function_returned");
  bpf_program__set_autoload(returned, true);
  if (backend_ == Backend::kprobe_multi)
    bpf_program__set_expected_attach_type(returned, static_cast<bpf_attach_type>(kernel::kKprobeMulti));
}

// False: it has to be tried again, without what was refused.
bool FunctionPrograms::try_load(std::span<const std::byte> bytes, std::vector<SkippedProbe>& skipped) {
  object_ = open_object(bytes, plan_);
  share_maps(object_.get());
  configure(object_.get());
  const size_t groups = groups_.size();
  choose_programs(object_.get(), skipped);
  if (groups_.size() < groups) return false;
  LoadLog::clear();
  const int error = load_object(object_.get(), plan_, fast_, session_);
  if (!error) return true;
  check_descriptors(-error, "load the programs for functions");
  if (session_) return session_ = false;
  const std::string& log = LoadLog::text();
  for (const char* kind : {"prog 'function_", "prog 'entry_", "prog 'leave_"}) {
    const auto at = log.rfind(kind);
    if (at == std::string::npos || !std::isxdigit(static_cast<unsigned char>(log[at + std::strlen(kind)]))) continue;
    const size_t number = std::stoul(log.substr(at + std::strlen(kind), 2), nullptr, 16);
    const auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.number == number; });
    if (group == groups_.end() || error == -ENOMEM) break;
    for (uint16_t probe : group->probes)
      skipped.push_back({plan_.probes[probe].name, fmt::format("{}: {}", name_of_backend(backend_), why_not(error))});
    groups_.erase(group);
    return false;
  }
  throw SessionError(fmt::format("the kernel refused the BPF object for functions: {}", why_not(error)), log);
}

void FunctionPrograms::load(std::vector<SkippedProbe>& skipped) {
  const LoadLog log;
  const auto bytes = prepared(bpf_function_object_bytes(), plan_);
  while (!try_load(bytes, skipped)) {
  }
  const auto descriptor = [&](const std::string& name) { return bpf_program__fd(program_named(object_.get(), name)); };
  const bool fentry = backend_ == Backend::fentry;
  for (Group& group : groups_) {
    group.program = descriptor(fmt::format("{}_{:02x}", fentry ? "entry" : "function", group.number));
    if (!group.places.returns || session_ || single_returns_) continue;
    group.at_return = fentry ? descriptor(fmt::format("leave_{:02x}", group.number)) : descriptor("function_returned");
  }
}

std::vector<Target> FunctionPrograms::targets(const Group& group) const {
  std::vector<Target> targets;
  for (const uint16_t number : group.probes) {
    const probe::Probe& probe = plan_.probes[number];
    const uint64_t word = word_of(number, probe.places);
    if (probe.function->addresses.empty()) targets.push_back({probe.name, 0, word});
    for (const uint64_t address : probe.function->addresses) targets.push_back({probe.name, address, word});
  }
  return targets;
}

// Programs on kprobes serve many functions, and are counted as one. With fentry each function has its own.
void FunctionPrograms::count_skipped_by_programs(SkippedHits& hits) {
  const size_t functions = plan_.probes.size() - first_;
  at_any_ = hits.add_place(functions == 1 ? SkippedHits::Place{static_cast<uint16_t>(first_)}
                                          : SkippedHits::Place{.functions = static_cast<uint32_t>(functions)});
  std::set<int> known;
  for (const Group& group : groups_) {
    const size_t place = backend_ == Backend::fentry ? hits.add_place({group.probes.front()}) : at_any_;
    for (const int program : {group.program, group.at_return})
      if (program >= 0 && known.insert(program).second) hits.add_program(place, duplicate(program));
  }
}

void FunctionPrograms::keep_links(Attached attached, SkippedHits& hits) {
  for (size_t i = 0; i < attached.links.size(); i++) {
    size_t place = at_any_;
    if (!attached.cookies.empty()) {
      const auto probe = static_cast<uint16_t>(attached.cookies[i]);
      const auto [known, added] = at_one_.try_emplace(probe, 0);
      if (added) known->second = hits.add_place({probe});
      place = known->second;
    }
    hits.add_link(place, attached.links[i].get());
    links_.push_back(std::move(attached.links[i]));
    places_.push_back(place);
  }
}

std::vector<Target> FunctionPrograms::with_return_programs(std::vector<Target> targets) const {
  for (Target& target : targets) {
    const uint32_t stub = return_stubs_.at(static_cast<uint16_t>(target.cookie));
    target.program = bpf_program__fd(program_named(object_.get(), fmt::format("returned_{:02x}", stub)));
  }
  return targets;
}

size_t FunctionPrograms::attach_kprobes_of(const Group& group, const Refuse& refuse, SkippedHits& hits) {
  const auto places = targets(group);
  const size_t of = plan_.probes.size() - first_;
  const Progress progress = [&](size_t done) { plan_.progress("attaching", attached_ + done, of); };
  const auto attach = [&](int program, const std::vector<Target>& targets, At at, const Refuse& tell) {
    Attached attached = backend_ == Backend::kprobe_multi
                            ? attach_kprobe_multi(program, targets, at, tell)
                            : attach_kprobes(program, targets, at, cookies_, tell, progress);
    const size_t count = attached.targets;
    keep_links(std::move(attached), hits);
    return count;
  };
  // Returns first, so that no call is kept whose return nobody sees.
  const Refuse refuse_return = [&](const Target& target, int error) {
    refuse({target.name + " (its return)", target.address, target.cookie}, error);
  };
  if (group.at_return >= 0) attach(group.at_return, places, At::exit, refuse_return);
  if (single_returns_ && group.places.returns) attach(-1, with_return_programs(places), At::exit, refuse_return);
  return attach(group.program, places, session_ && group.places.returns ? At::both : At::entry, refuse);
}

size_t FunctionPrograms::attach_fentry_of(const Group& group, const Refuse& refuse) {
  const Target target{plan_.probes[group.probes.front()].name};
  for (const int program : {group.at_return, group.program}) {
    if (program < 0) continue;
    Fd link = attach_fentry(program);
    if (!link) return refuse(target, errno), 0;
    links_.push_back(std::move(link));
    places_.push_back(at_any_);  // these links count nothing
  }
  return 1;
}

size_t FunctionPrograms::attach(std::vector<SkippedProbe>& skipped, SkippedHits& hits) {
  const Refuse refuse = [&](const Target& target, int error) {
    check_descriptors(error, "attach to " + target.name);
    skipped.push_back({target.name, fmt::format("{}: {}", name_of_backend(backend_), text::error_text(error))});
  };
  count_skipped_by_programs(hits);
  for (const Group& group : groups_)
    attached_ += backend_ == Backend::fentry ? attach_fentry_of(group, refuse) : attach_kprobes_of(group, refuse, hits);
  return attached_;
}

void FunctionPrograms::detach(SkippedHits& hits) {
  const size_t of = links_.size();
  hits.forget_links();
  const auto missed =
      close_all(links_, [&](size_t done) { plan_.progress("detaching", done * attached_ / of, attached_); });
  for (size_t i = 0; i < missed.size(); i++) hits.add_missed(places_[i], missed[i]);
}

}  // namespace skbtrail::stream
