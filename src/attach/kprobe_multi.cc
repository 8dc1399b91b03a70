#include <cerrno>

#include "attach/backend.h"
#include "kernel/kprobes.h"

namespace skbtrail::attach {

namespace {

constexpr uint32_t kOnReturn = 1;  // BPF_F_KPROBE_MULTI_RETURN

kernel::Fd attach(int program, std::span<const Target> targets, At at) {
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
  return kernel::link_kprobes(program, at == At::both ? kernel::kKprobeSession : kernel::kKprobeMulti,
                              {names, addresses, cookies}, at == At::exit ? kOnReturn : 0);
}

// The kernel refuses all where one is bad and does not say which: halves are tried until it is found.
void attach_what_goes(int program, std::span<const Target> targets, At at, const Refuse& refuse, Attached& attached) {
  if (targets.empty()) return;
  kernel::Fd link = attach(program, targets, at);
  if (link) {
    attached.links.push_back(std::move(link));
    attached.targets += targets.size();
    return;
  }
  const int error = errno;
  if (targets.size() == 1 || error == EPERM || error == ENOMEM || error == EMFILE || error == ENFILE) {
    for (const Target& target : targets) refuse(target, error);
    return;
  }
  const size_t half = targets.size() / 2;
  attach_what_goes(program, targets.first(half), at, refuse, attached);
  attach_what_goes(program, targets.subspan(half), at, refuse, attached);
}

}  // namespace

Attached attach_kprobe_multi(int program, std::span<const Target> targets, At at, const Refuse& refuse) {
  Attached attached;
  std::vector<Target> by_address, by_name;
  for (const Target& target : targets) (target.address ? by_address : by_name).push_back(target);
  attach_what_goes(program, by_address, at, refuse, attached);
  attach_what_goes(program, by_name, at, refuse, attached);
  return attached;
}

}  // namespace skbtrail::attach
