// The last line of the doctor: what works here, in one sentence.
#include <fmt/format.h>

#include "cli/doctor.h"

namespace skbtrail::cli {

namespace {

using kernel::Check;
using kernel::Examination;
using kernel::Outcome;

std::string joined(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (size_t i = 0; i < words.size(); i++) {
    if (i > 0) text += i + 1 == words.size() ? fmt::format(" {} ", last) : ", ";
    text += words[i];
  }
  return text;
}

// Of the ways to functions.
std::string functions(const Examination& examination) {
  std::vector<std::string> works, missing;
  for (const char* name : {"kprobe", "kprobe.multi", "fentry"}) {
    const Check* check = examination.check(name);
    if (!check) continue;
    if (check->outcome == Outcome::works) works.emplace_back(name);
    if (check->outcome == Outcome::missing) missing.emplace_back(name);
  }
  if (works.empty() && missing.empty()) return "";
  if (works.empty()) return fmt::format("; no {}, so no functions, tracepoints only", joined(missing, "or"));
  return fmt::format("; the kernel has {}{}", joined(works, "and"),
                     missing.empty() ? "" : fmt::format(", no {}", joined(missing, "or")));
}

std::string following(const Examination& examination) {
  switch (following_of(examination)) {
    case Following::exact: return "; packets are followed exactly";
    case Following::content: return "; packets are followed by address and content";
    case Following::none: return "; packets are not followed past the filter";
    case Following::unknown: break;
  }
  return "";
}

}  // namespace

std::string doctor_verdict(const Examination& examination) {
  const Check* main_job = examination.check(Examination::kMainJob);
  if (examination.runs())
    return fmt::format("skbtrail runs here: {} tracepoint{}{}{}.", examination.skb_tracepoints,
                       examination.skb_tracepoints == 1 ? "" : "s", functions(examination), following(examination));
  if (main_job && main_job->outcome == Outcome::unknown)
    return fmt::format("skbtrail does not run like this: it needs {}. Try: sudo skbtrail doctor",
                       joined(main_job->needs, "and"));
  return "skbtrail does not run here: see what is missing.";
}

}  // namespace skbtrail::cli
