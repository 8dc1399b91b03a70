#include "attach/kprobe.h"

#include <fmt/format.h>

#include <cerrno>

#include "kernel/descriptor_limit.h"
#include "load/many_threads.h"

namespace skbtrail::attach {

namespace {

constexpr const char* kReturnProgram = "function_returned";

// Whether programs on kprobes are told their cookie.
bool cookies_work(load::BpfKernel& kernel) {
  using namespace kernel::code;
  return kernel.loads({BPF_PROG_TYPE_KPROBE, 0, 0, 0, {call(BPF_FUNC_get_attach_cookie), move_number(0, 0), leave()}});
}

}  // namespace

KprobeFunctions::KprobeFunctions(Surroundings& around, size_t first) : KprobeGroups(around, first, "kprobe") {
  calls_.cookies = cookies_work(around_.kernel);
  expect_descriptors();
  // The registers of a kprobe say where they were saved, a few bytes after the function's begin: after the
  // breakpoint, and after the instruction that branches may end at (endbr64), if it has one.
  if (!calls_.cookies) fill_table(1, false);
  group([this](uint16_t number) { return !single_returns() || take_return(number); });
  calls_.returned.resize(return_programs_.size());
  for (const auto& [number, program] : return_programs_) calls_.returned[program] = number;
}

// Attaching one by one takes long: what cannot end well is not begun.
void KprobeFunctions::expect_descriptors() const {
  size_t files = functions();
  for (size_t i = first_; i < around_.plan.probes.size(); i++) files += returns_at(probe(i)) != RETURNS_NOT;
  if (calls_.cookies) files *= 2;
  if (files < kernel::raise_descriptor_limit()) return;
  throw load::SessionError(fmt::format("cannot trace {} functions by kprobes, which take {} open files: {}",
                                       functions(), files, kernel::want_of_descriptors(EMFILE)));
}

// False where there is none left: then its entry is traced alone.
bool KprobeFunctions::take_return(uint16_t number) {
  if (return_programs_.size() < SKBTRAIL_RETURN_STUBS)
    return return_programs_.emplace(number, static_cast<uint32_t>(return_programs_.size())).second;
  around_.skip(probe(number).name + " (its return)",
               fmt::format("before Linux 5.15 each return needs a program of its own, of which there are {}",
                           SKBTRAIL_RETURN_STUBS));
  return false;
}

void KprobeFunctions::want(load::Wanted& wanted) const {
  KprobeGroups::want(wanted);
  for (const Group& group : groups_) wanted.programs.push_back({.name = numbered("function", group.program)});
  for (const auto& [number, program] : return_programs_)
    wanted.programs.push_back({.name = numbered("returned", program)});
  if (has_return_program()) wanted.programs.push_back({.name = kReturnProgram});
}

KprobeFunctions::OneProbe KprobeFunctions::attach_one(int program, const Target& target, At at) {
  load::BpfKernel& kernel = around_.kernel;
  OneProbe one;
  one.event = kernel.open_kprobe_event(target.name, target.address, at == At::exit);
  if (!one.event) {
    one.error = errno;
    return one;
  }
  if (calls_.cookies) {
    one.link = kernel.link_event(one.event.get(), program, target.cookie);
    if (!one.link) one.error = errno;
  } else {
    one.error = kernel.set_program(one.event.get(), program);
  }
  if (!one.error) one.error = kernel.enable(one.event.get());
  return one;
}

size_t KprobeFunctions::attach_all(const std::function<int(const Target&)>& program, const std::vector<Target>& targets,
                                   At at) {
  std::vector<OneProbe> all(targets.size());
  load::by_many_threads(
      targets.size(), kWaitingThreads, [&](size_t i) { all[i] = attach_one(program(targets[i]), targets[i], at); },
      [&](size_t done) { around_.plan.progress("attaching", attached_ + done, functions()); });
  size_t attached = 0;
  for (size_t i = 0; i < all.size(); i++) {
    if (all[i].error) {
      refuse(targets[i], at, all[i].error);
      continue;
    }
    attached++;
    if (all[i].link) keep(std::move(all[i].link), &targets[i]);
    keep(std::move(all[i].event), &targets[i]);
  }
  return attached;
}

// Returns first, so that no call is kept whose return is not seen.
size_t KprobeFunctions::attach(const load::BpfObject& object) {
  if (has_return_program()) count_by_program(object.program(kReturnProgram));
  const auto return_program = [&](const Target& target) {
    if (calls_.cookies) return object.program(kReturnProgram);
    return object.program(numbered("returned", return_programs_.at(static_cast<uint16_t>(target.cookie))));
  };
  for (const Group& group : groups_) {
    const auto all = targets(group);
    if (group.config.returns) attach_all(return_program, all, At::exit);
    const int program = object.program(numbered("function", group.program));
    count_by_program(program);
    attached_ += attach_all([program](const Target&) { return program; }, all, At::entry);
  }
  return attached_;
}

}  // namespace skbtrail::attach
