#include "attach/kprobe_multi.h"

#include <cerrno>
#include <utility>

#include "kernel/kprobes.h"

namespace skbtrail::attach {

namespace {

constexpr uint32_t kOnReturn = 1;  // BPF_F_KPROBE_MULTI_RETURN
constexpr const char* kReturnProgram = "function_returned";

}  // namespace

KprobeMultiFunctions::KprobeMultiFunctions(Surroundings& around, size_t first, bool session)
    : KprobeGroups(around, first, "kprobe.multi") {
  calls_.cookies = true;
  calls_.addresses = true;
  calls_.session = session;
  fill_table(0, true);
  group([](uint16_t) { return true; });
}

bool KprobeMultiFunctions::stop_sessions() {
  return std::exchange(calls_.session, false);
}

void KprobeMultiFunctions::want(load::Wanted& wanted) const {
  KprobeGroups::want(wanted);
  for (const Group& group : groups_) {
    const bool session = calls_.session && group.config.returns;
    wanted.programs.push_back(
        {.name = numbered("function", group.program),
         .kind = load::ProgramKind{BPF_PROG_TYPE_KPROBE, session ? kernel::kKprobeSession : kernel::kKprobeMulti}});
  }
  if (has_return_program())
    wanted.programs.push_back(
        {.name = kReturnProgram, .kind = load::ProgramKind{BPF_PROG_TYPE_KPROBE, kernel::kKprobeMulti}});
}

load::Fd KprobeMultiFunctions::link(int program, std::span<const Target> targets, At at) {
  std::vector<unsigned long> addresses;
  std::vector<const char*> names;
  std::vector<uint64_t> cookies;
  for (const Target& target : targets) {
    if (target.address)
      addresses.push_back(target.address);
    else
      names.push_back(target.name.c_str());
    cookies.push_back(target.cookie);
  }
  return around_.kernel.link_kprobes(program, at == At::both ? kernel::kKprobeSession : kernel::kKprobeMulti,
                                     {names, addresses, cookies}, at == At::exit ? kOnReturn : 0);
}

// The kernel refuses all where one is bad and does not say which: halves are tried until it is found.
size_t KprobeMultiFunctions::link_what_goes(int program, std::span<const Target> targets, At at) {
  if (targets.empty()) return 0;
  if (load::Fd made = link(program, targets, at)) {
    keep(std::move(made), nullptr);
    return targets.size();
  }
  const int error = errno;
  if (targets.size() == 1 || error == EPERM || error == ENOMEM || error == EMFILE || error == ENFILE) {
    for (const Target& target : targets) refuse(target, at, error);
    return 0;
  }
  const size_t half = targets.size() / 2;
  const size_t first = link_what_goes(program, targets.first(half), at);
  return first + link_what_goes(program, targets.subspan(half), at);
}

// A link is by addresses or by names.
size_t KprobeMultiFunctions::link_all(int program, const std::vector<Target>& targets, At at) {
  std::vector<Target> by_address, by_name;
  for (const Target& target : targets) (target.address ? by_address : by_name).push_back(target);
  const size_t linked = link_what_goes(program, by_address, at);
  return linked + link_what_goes(program, by_name, at);
}

// Returns first, so that no call is kept whose return is not seen.
size_t KprobeMultiFunctions::attach(const load::BpfObject& object) {
  if (has_return_program()) count_by_program(object.program(kReturnProgram));
  for (const Group& group : groups_) {
    const auto all = targets(group);
    if (has_return_program() && group.config.returns) link_all(object.program(kReturnProgram), all, At::exit);
    const int program = object.program(numbered("function", group.program));
    count_by_program(program);
    attached_ += link_all(program, all, calls_.session && group.config.returns ? At::both : At::entry);
  }
  return attached_;
}

}  // namespace skbtrail::attach
