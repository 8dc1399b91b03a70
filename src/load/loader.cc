#include "load/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "kernel/descriptor_limit.h"
#include "load/session_error.h"
#include "text/error_name.h"
#include "text/lines.h"

namespace skbtrail::load {

namespace {

bool is_noise(std::string_view line) {
  return line.empty() || line.starts_with("processed ") || line.starts_with("-- ") ||
         line.starts_with("libbpf: failed to load object") || line.find("failed to load:") != std::string::npos ||
         line.find("BPF program load failed") != std::string::npos || line.find("LOG ") != std::string::npos;
}

Refusal refusal_of(const LoadOutcome& outcome) {
  const std::string said = last_words(outcome.log), what = text::error_text(outcome.error);
  Refusal refusal{outcome.error, outcome.target_of, !outcome.target_of.empty(),
                  said.empty() ? what : fmt::format("{} ({})", what, said)};
  if (!refusal.target_missing)
    refusal.program = outcome.refused.empty() ? blamed_program(outcome.log) : outcome.refused;
  return refusal;
}

// Whatever is skipped, it would be refused again.
bool is_hopeless(const Refusal& refusal) {
  if (kernel::is_want_of_descriptors(refusal.error)) return true;
  return !refusal.target_missing && (refusal.error == EPERM || refusal.error == ENOMEM);
}

}  // namespace

std::string blamed_program(std::string_view log) {
  constexpr std::string_view kBegin = "prog '";
  const auto at = log.rfind(kBegin);
  if (at == std::string_view::npos) return "";
  const auto name = log.substr(at + kBegin.size());
  return std::string(name.substr(0, std::min(name.find('\''), name.size())));
}

std::string last_words(std::string_view log) {
  std::string_view best;
  text::for_each_line(log, [&](std::string_view line) {
    if (!is_noise(line)) best = line;
  });
  constexpr std::string_view kPrefix = "libbpf: ";
  if (best.starts_with(kPrefix)) best.remove_prefix(kPrefix.size());
  return std::string(best);
}

Loaded load_object(BpfKernel& kernel, const ToLoad& wanted, std::span<const Concession> concessions) {
  for (;;) {
    Loaded loaded{kernel.open(wanted.bytes, wanted.types), {}, {}};
    LoadOutcome outcome = loaded.object->load(wanted.plan());
    if (outcome.error == 0) {
      loaded.fast = outcome.fast;
      loaded.log = std::move(outcome.log);
      return loaded;
    }
    const Refusal refusal = refusal_of(outcome);
    if (!is_hopeless(refusal) && std::any_of(concessions.begin(), concessions.end(),
                                             [&](const auto& concession) { return concession(refusal); }))
      continue;
    throw SessionError(fmt::format("the kernel refused {}: {}; {}", wanted.what, refusal.reason, remedy(refusal.error)),
                       outcome.log);
  }
}

}  // namespace skbtrail::load
