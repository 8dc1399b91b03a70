#include "probe/sent_arguments.h"

#include <algorithm>
#include <string_view>

#include "event/sending.h"

namespace skbtrail::probe {

namespace {

using event::Sending;

constexpr std::string_view kResetReason = "enum sk_rst_reason";

bool is_reset_reason(std::string_view type) {
  return type == kResetReason || type == "const enum sk_rst_reason";
}

void set(probe_config& config, size_t argument, size_t code) {
  config.sent_arg = static_cast<uint8_t>(argument);
  config.sent_code_arg = static_cast<uint8_t>(code);
  config.sections |= REC_SECTION_SENT;
}

void set_none(probe_config& config) {
  config.sent_arg = config.sent_code_arg = SKBTRAIL_NO_ARG;
}

// SKBTRAIL_NO_ARG: no argument is of such a type.
size_t position(const std::vector<std::string>& types, bool (*is_wanted)(std::string_view)) {
  const auto found = std::find_if(types.begin(), types.end(), is_wanted);
  return found == types.end() ? SKBTRAIL_NO_ARG : static_cast<size_t>(found - types.begin());
}

}  // namespace

// icmp_send's type and code are one after the other; tcp_send_reset tells why since Linux 6.10.
void find_sent(const kernel::Tracepoint& tracepoint, probe_config& config) {
  set_none(config);
  const auto sending = event::sending_at(tracepoint.name);
  if (!sending) return;
  const auto& types = tracepoint.types;
  if (sending == Sending::reset) {
    if (const size_t reason = position(types, is_reset_reason); reason != SKBTRAIL_NO_ARG)
      set(config, reason, SKBTRAIL_NO_ARG);
    return;
  }
  const size_t type = position(types, [](std::string_view of) { return of == "int"; });
  if (type + 1 < types.size() && types[type + 1] == "int") set(config, type, type + 1);
}

// They are after the skb: type and code, or the reason, which is a reset's since Linux 6.10. All functions of which
// that is true share two programs, one for each position of the skb.
void find_sent(const kernel::Function& function, probe_config& config) {
  set_none(config);
  const auto sending = event::sending_at(function.name);
  if (!sending || !function.has_skb()) return;
  const auto arguments = kernel::Btf::arguments(function);
  const auto after = [&](int distance) {
    const auto is_there = [&](const auto& argument) { return argument.at == function.skb_at + distance; };
    const auto found = std::find_if(arguments.begin(), arguments.end(), is_there);
    return found == arguments.end() ? kernel::FunctionArgument{"", "", SKBTRAIL_NO_ARG} : *found;
  };
  const auto first = after(1), second = after(2);
  if (sending == Sending::reset) {
    if (is_reset_reason(first.type)) set(config, first.at, SKBTRAIL_NO_ARG);
  } else if (first.name == "type" && second.name == "code") {
    set(config, first.at, second.at);
  }
}

void name_reset_reasons(Probe& probe, const kernel::Btf& btf) {
  const auto sending = event::sending_at(probe.name);
  if (sending != Sending::reset || !(probe.config.sections & REC_SECTION_SENT)) return;
  constexpr std::string_view kEnum = "enum ", kPrefix = "SK_RST_REASON_";
  event::ResetReasons names;
  for (const auto& [value, name] : btf.enumerators(kResetReason.substr(kEnum.size())))
    names.emplace(static_cast<uint32_t>(value), name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name);
  probe.reset_reasons = std::make_shared<event::ResetReasons>(std::move(names));
}

}  // namespace skbtrail::probe
