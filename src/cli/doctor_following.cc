// What the doctor says about following: which kind the checks before allow, and what cannot be seen.
#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor.h"

namespace skbtrail::cli {

namespace {

using kernel::Check;
using kernel::Examination;
using kernel::Outcome;

constexpr const char* kGroup = "following";

// The outcome of what is made of others: the first that does not work says why.
void take_outcome(Check& check, const Examination& examination, std::initializer_list<const char*> parts) {
  check.outcome = Outcome::works;
  for (const char* name : parts) {
    const Check* part = examination.check(name);
    if (!part || part->outcome == Outcome::works) continue;
    check.outcome = part->outcome == Outcome::unknown ? Outcome::unknown : Outcome::missing;
    check.error = part->error;
    check.needs = part->needs;
    check.remedy = part->remedy;
    check.detail = fmt::format("no {}{}{}", name, part->detail.empty() ? "" : ": ", part->detail);
    return;
  }
}

Check past_the_filter(const Examination& examination) {
  Check check{.name = "following",
              .group = kGroup,
              .purpose = "a packet that matched is shown at every probe (--trail, --follow)",
              .tried = "bpf_rdonly_cast (Linux 6.2)",
              .without =
                  "the filter alone chooses each event: a packet is lost after NAT, and where a tunnel "
                  "hides it; trails are put together by address and content"};
  take_outcome(check, examination, {Examination::kMainJob, "bpf_rdonly_cast"});
  return check;
}

Check exact(const Examination& examination, const std::string& unseen_end, bool tells_memory) {
  Check check{.name = "exact following",
              .group = kGroup,
              .purpose = "each end of an skb is seen, and what is made of it: clones, segments, fragments",
              .tried = "fentry and fexit at the functions that free and make skbs",
              .without =
                  "a packet is known by address and content (IP identification, sequence number, payload), and "
                  "in doubt its trail is cut and says so; half of the ends are not seen; packets without an "
                  "identification (IPv6) are told apart only where one comes to a probe again; that a copy or "
                  "fragment is of a packet is likely; segments have trails of their own"};
  if (tells_memory)
    check.without +=
        "; with --exact the slab allocator tells when an address is another packet's, at the price of a "
        "program for all that it gives away";
  take_outcome(check, examination, {"fentry", "fexit"});
  if (check.outcome != Outcome::works || unseen_end.empty()) return check;
  check.outcome = Outcome::missing;
  check.detail = fmt::format("no function {} in the kernel's types, which frees skbs", unseen_end);
  check.remedy = "none that is known: the kernel was compiled without this function";
  return check;
}

}  // namespace

void add_following(Examination& examination, const std::string& unseen_end, bool tells_memory) {
  Check follows = past_the_filter(examination);
  Check is_exact = exact(examination, unseen_end, tells_memory);
  // Where every end is seen nothing is asked of the content.
  if (follows.outcome == Outcome::missing && is_exact.outcome == Outcome::works) {
    follows.outcome = Outcome::works;
    follows.tried = is_exact.tried;
    follows.detail.clear();
    follows.error = 0;
    follows.needs.clear();
    follows.remedy.clear();
  }
  examination.checks.push_back(std::move(follows));
  examination.checks.push_back(std::move(is_exact));
}

Following following_of(const Examination& examination) {
  const Check* follows = examination.check("following");
  if (!follows || follows->outcome == Outcome::unknown) return Following::unknown;
  if (follows->outcome != Outcome::works) return Following::none;
  const Check* exact = examination.check("exact following");
  if (exact && exact->outcome == Outcome::unknown) return Following::unknown;
  return exact && exact->outcome == Outcome::works ? Following::exact : Following::content;
}

}  // namespace skbtrail::cli
